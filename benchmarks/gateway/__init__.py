"""Gateways, end to end: an upstream, gateways in front of it, and a load generator that measures them."""
