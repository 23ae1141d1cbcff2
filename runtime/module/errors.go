package module

import (
	"fmt"
	"strconv"
)

// Code classifies why a module was refused. Codes are stable, for logs and status.
type Code string

// What can be wrong with a file, with its shape, and with what it asks for.
const (
	CodeEmpty     Code = "empty"             // no bytes at all
	CodeShort     Code = "too-short"         // ends within the eight bytes of the header
	CodeText      Code = "text"              // a text file, such as .wat, .js or HTML
	CodeMagic     Code = "bad-magic"         // some other binary file
	CodeComponent Code = "component"         // a component, not a core module
	CodeVersion   Code = "bad-version"       // a core module of an unknown version
	CodeTruncated Code = "truncated"         // something reaches past the end of its section or file
	CodeLEB       Code = "bad-leb128"        // an integer longer or larger than its type allows
	CodeOrder     Code = "section-order"     // a section after one that must follow it
	CodeDuplicate Code = "section-duplicate" // a section or export that may exist only once
	CodeSection   Code = "section-unknown"   // a section id outside of the standard
	CodeSize      Code = "section-size"      // a section or body longer than what it holds
	CodeMismatch  Code = "count-mismatch"    // two counts that must agree do not
	CodeEncoding  Code = "bad-encoding"      // a byte that the format does not allow there
	CodeIndex     Code = "bad-index"         // a reference to something that does not exist
	CodeFeature   Code = "unsupported"       // valid WebAssembly of a proposal that is not enabled
	CodeLimit     Code = "too-large"         // beyond a bound of the policy

	CodeImportKind      Code = "import-kind"        // an import that is not a function
	CodeUnknownFamily   Code = "unknown-family"     // an import module that nobody offers
	CodeNotGranted      Code = "family-not-granted" // a family that exists and was not granted
	CodeUnknownFunction Code = "unknown-function"   // a function that its family does not have
	CodeSignature       Code = "import-signature"   // a function with another type
	CodeExport          Code = "export"             // _start or memory missing or of the wrong kind
	CodeManifest        Code = "manifest-duplicate" // more than one manifest
	CodeMeter           Code = "meter"              // a meter that cannot work
)

// Error says why a module was refused.
type Error struct {
	Offset int    // byte in the file where it shows
	Code   Code   // class, for programs
	Msg    string // what is wrong, for people
	Hint   string // what to do about it; may be empty
}

func (e *Error) Error() string { return fmt.Sprintf("module[byte %d]: %s", e.Offset, e.Msg) }

func refuse(offset int, code Code, format string, args ...any) *Error {
	return &Error{Offset: offset, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// show makes a name from the file fit for a message: short and printable.
func show(name string) string {
	const most = 80
	if len(name) > most {
		return strconv.QuoteToASCII(name[:most]) + "…"
	}
	if quoted := strconv.QuoteToASCII(name); quoted != `"`+name+`"` || name == "" {
		return quoted
	}
	return name
}

func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
