"""Many writers in one shared text: our server beside Hocuspocus's and y-websocket's."""
