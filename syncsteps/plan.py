"""What a selection means for an interpreter: what comes, what goes, what stays, and why."""
