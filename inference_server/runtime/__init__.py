"""How the process itself runs: its settings, log, memory, tokens, and what failures mean to callers."""
