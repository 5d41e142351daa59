"""factorlint audits agent code against 12-Factor Agents: who owns each decision, your code or a framework?"""

__version__ = "0.1.0"
