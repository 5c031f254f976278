# curator
