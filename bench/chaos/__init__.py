"""Runs while processes are killed at random and the provider fails: see `bench.chaos.__main__`."""
