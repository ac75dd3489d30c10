"""Many peers, Yjs and pycrdt, edit one text at random through the real server; see `__main__`."""
