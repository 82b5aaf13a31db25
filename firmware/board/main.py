import mpctl

mpctl.main(clients=False)
