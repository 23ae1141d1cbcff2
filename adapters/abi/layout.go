package abi

// EventKind is the number of an event. The upper bits, kind >> 8, are the same for all events of one family.
type EventKind uint32

// EventType is one kind of event: an event header, then a payload. The payload is a record if the type has fields, and then,
// if it has a body, bytes to the end.
type EventType struct {
	// Name is unique among all families, such as "http_request".
	Name string
	Kind EventKind
	// Handle says what the event's handle is; empty if it is 0.
	Handle string
	// Last tells that the handle is closed when the guest has fetched the event.
	Last   bool
	Fields []Field
	// Body says what follows the fields, to the end of the event; empty if nothing does.
	Body string
	Doc  string
}

// Record is a group of fields: u32 size of what follows in bytes, then the fields in order. New fields are added at the end
// only, so that a reader takes those that are missing as zero and passes over those that it does not know.
type Record struct {
	// Name is unique among all families, such as "agent_usage".
	Name   string
	Fields []Field
	Doc    string
}

// Field is one field of a record or an event.
type Field struct {
	Name string
	Type FieldType
	// Record names the record of a FieldRecord or FieldRecords.
	Record string
	Doc    string
}

// FieldType is how a field is laid out. Numbers are little endian.
type FieldType uint8

// The layouts.
const (
	// FieldU32 is an unsigned number of four bytes.
	FieldU32 FieldType = iota + 1
	// FieldU64 is an unsigned number of eight bytes.
	FieldU64
	// FieldI64 is a signed number of eight bytes.
	FieldI64
	// FieldF64 is a floating-point number of eight bytes, IEEE 754.
	FieldF64
	// FieldString is a u32 length and that many bytes of UTF-8. In Go it is a string: all strings of a record share one copy.
	FieldString
	// FieldBytes is laid out as FieldString. In Go it is a view of what was read.
	FieldBytes
	// FieldStrings is a u32 number and that many strings.
	FieldStrings
	// FieldRecord is a record, or the size 0 if there is none.
	FieldRecord
	// FieldRecords is a u32 number and that many records.
	FieldRecords
)

// Variant is a value of one of several types: a byte that says which, then the value. Where a function's answer is a variant,
// it is any number of them to the end.
type Variant struct {
	// Name is unique among all families, such as "sqlite_value".
	Name  string
	Cases []Case
	Doc   string
}

// Case is one type of a variant.
type Case struct {
	Name string
	Tag  byte
	// Type is FieldI64, FieldF64, FieldBytes, or 0 for no value.
	Type FieldType
	Doc  string
}

// Group is a list of constants that belong together.
type Group struct {
	// Name begins the name of each constant.
	Name string
	// Type is the type of the constants in Go; empty if they have none.
	Type      string
	Constants []Constant
	Doc       string
	// Named tells that programs print the constants: Go gets a function from number to name.
	Named bool
}

// Constant is a number with a name.
type Constant struct {
	Name  string
	Value int64
	Doc   string
}
