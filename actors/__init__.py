"""Who does it when: broker, five thin actors, the one shell they share, dispatch, sweep."""
