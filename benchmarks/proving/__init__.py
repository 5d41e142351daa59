"""Proves the catalogue against the packages it speaks of, by reading alone: see ``benchmarks/verify_catalog.py``."""
