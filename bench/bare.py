# The server that the firmware is compared with. It does the minimum: accept, read once, send a constant answer, close.
import select
import socket

answer = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\nConnection: close\r\n\r\n"
    + b'{"sensor": "light", "value": 1234, "unit": "raw", "min": 0, "max": 4095, "uptime_ms": 12}'
    + b"\n"
)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(socket.getaddrinfo("127.0.0.1", 18080)[0][-1])
listener.listen(8)
poll = select.poll()
poll.register(listener, select.POLLIN)
scratch = bytearray(1024)
print("Listening, connect your browser to http://127.0.0.1:18080/")


def serve():
    while True:
        for ready, _ in poll.ipoll(1000):
            client = ready
            if ready is listener:
                client, _ = listener.accept()
                client.setblocking(False)
            if client.readinto(scratch) is None:
                poll.register(client, select.POLLIN)
                continue
            if client is ready:
                poll.unregister(client)
            client.send(answer)
            client.close()


serve()
