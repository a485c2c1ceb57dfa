"""The swap: journaled, recoverable, all or nothing."""
