# ssl as a board has it, of the unix port's tls: it checks no certificates unless told to.
import tls


def wrap_socket(sock, server_hostname=None):
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE
    return context.wrap_socket(sock, server_hostname=server_hostname)
