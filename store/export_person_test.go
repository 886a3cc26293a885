package store

// Person is what is known of a person, for the tests.
type Person struct{ p person }

// NewPerson is newPerson.
func NewPerson(addresses, names, phones []string) Person {
	return Person{newPerson(addresses, names, phones)}
}

// Out is out.
func (p Person) Out(text string) string { return p.p.out(text) }
