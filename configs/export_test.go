package configs

// Rules is how many rules a configuration is held to.
func Rules() int { return len(checks) }
