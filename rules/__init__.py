"""The knowledge: one LibCST rule per factor, and the catalogue of libraries. Installed as ``factorlint.rules``."""
