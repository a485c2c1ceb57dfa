"""The same sync once more, in a throwaway view of the system."""
