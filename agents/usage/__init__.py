"""What the agents' work cost and how well it went: counted from the ledger, by day and by whom."""
