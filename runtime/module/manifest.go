package module

import (
	"encoding/binary"
	"slices"

	"innkeeper/runtime/limits"
)

// ManifestSection is the name of the custom section that holds the manifest.
const ManifestSection = "innkeeper"

// Manifest returns the content of a module's manifest section and whether it
// has one, without reading anything else: the module may still be refused by
// [Admit]. The bytes are a copy, at most [limits.ManifestBytes].
func Manifest(raw []byte) (manifest []byte, found bool, err error) {
	_, s, refused := findManifest(raw)
	if refused != nil {
		return nil, false, refused
	}
	if s == nil {
		return nil, false, nil
	}
	return slices.Clone(raw[s.customStart:s.end]), true, nil
}

// AppendManifest returns the module with the given manifest at its end, in
// place of the one it had. The same input gives the same bytes.
func AppendManifest(raw, manifest []byte) ([]byte, error) {
	if len(manifest) > limits.ManifestBytes {
		return nil, refuse(len(raw), CodeLimit, "manifest of %d bytes, at most %d are allowed",
			len(manifest), limits.ManifestBytes)
	}
	_, old, refused := findManifest(raw)
	if refused != nil {
		return nil, refused
	}
	out := make([]byte, 0, len(raw)+len(manifest)+32)
	if old != nil {
		out = append(append(out, raw[:old.head]...), raw[old.end:]...)
	} else {
		out = append(out, raw...)
	}
	content := binary.AppendUvarint(nil, uint64(len(ManifestSection)))
	content = append(append(content, ManifestSection...), manifest...)
	return appendSection(out, secCustom, content), nil
}

func findManifest(raw []byte) ([]section, *section, *Error) {
	if len(raw) > limits.ModuleBytes {
		return nil, nil, tooManyBytes(raw, limits.ModuleBytes)
	}
	sections, err := splitSections(raw, DefaultLimits())
	if err != nil {
		return nil, nil, err
	}
	s, err := manifestOf(sections)
	return sections, s, err
}

// manifestOf finds the one manifest section, or none.
func manifestOf(sections []section) (*section, *Error) {
	var found *section
	for i := range sections {
		s := &sections[i]
		if s.id != secCustom || s.custom != ManifestSection {
			continue
		}
		if found != nil {
			return nil, refuse(s.head, CodeManifest, "second custom section %q; the first is at byte %d", ManifestSection, found.head)
		}
		if size := s.end - s.customStart; size > limits.ManifestBytes {
			return nil, refuse(s.head, CodeLimit, "manifest of %d bytes, at most %d are allowed", size, limits.ManifestBytes)
		}
		found = s
	}
	return found, nil
}

// StripHint is what to do about a file that is too large.
const StripHint = "strip the module: -ldflags '-s -w' for Go, wasm-strip or --strip-debug elsewhere"

func tooManyBytes(raw []byte, most int) *Error {
	return refuse(most, CodeLimit, "file of %d bytes, at most %d are allowed", len(raw), most).hint(StripHint)
}
