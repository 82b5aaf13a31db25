# ssl as on a board, made of the unix port's tls. It does not check certificates.
import tls


def wrap_socket(sock, server_hostname=None):
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_NONE
    return context.wrap_socket(sock, server_hostname=server_hostname)
