package pgtest

// HasPrograms says whether a throw-away cluster can be made here.
func HasPrograms() bool {
	_, err := findPrograms()
	return err == nil
}
