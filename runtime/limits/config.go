package limits

import "time"

// Bounds on what the host reads as configuration.
const (
	// ConfigFileBytes is the largest TOML file, in bytes. A hundred adapters with every setting written out are 200 KB.
	ConfigFileBytes = 1 << 20

	// ConfigReadBudget is the longest that the reading of the TOML file, or of what file:PATH names, may take. A megabyte from a share
	// in another town takes one second.
	ConfigReadBudget = 5 * time.Second

	// ConfigLoadBudget is the longest that all files of one configuration may take, modules included.
	ConfigLoadBudget = time.Minute

	// ConfigKeys is the largest number of keys and tables in the file, each part of a dotted key counted. The parser takes up to 4 KB
	// for one.
	ConfigKeys = 20_000

	// ConfigErrors is how many problems are reported at once; after that many, one more line says how many are left.
	ConfigErrors = 20

	// ReferenceBytes is the largest value behind env:NAME or file:PATH, in bytes: a certificate chain fits.
	ReferenceBytes = 64 << 10

	// TOMLDepth is the deepest nesting of tables, dotted keys, inline tables and arrays in any TOML the host reads.
	// The schema needs 5; the parser's memory grows with the square of the depth.
	TOMLDepth = 16

	// TOMLKeyBytes is the longest single part of a key, in bytes: names in the schema have at most 64.
	TOMLKeyBytes = 128

	// Adapters is the largest number of [adapters.NAME] tables.
	Adapters = 256
)

// Bounds on a module's manifest, which comes from whoever built the module.
const (
	// ManifestBytes is the largest manifest, in bytes. The API server's is about 5 KB.
	ManifestBytes = 64 << 10

	// ManifestKeys is the largest number of keys and tables in a manifest.
	ManifestKeys = 5_000

	// ManifestFamilies is the most host function families one module may ask for.
	ManifestFamilies = 32

	// ManifestDatabases is the most databases one module may declare; each is a file.
	ManifestDatabases = 16

	// ManifestSettings is the most settings one module may declare.
	ManifestSettings = 128

	// ManifestRoutes is the most HTTP routes one module may declare. Routes are compared pairwise for ambiguity.
	ManifestRoutes = 256

	// ManifestEnvNames is the most environment names one setting may have.
	ManifestEnvNames = 8

	// ManifestListItems is the most items of an enum or of a list's default.
	ManifestListItems = 128

	// ManifestTextBytes is the longest description or default, in bytes.
	ManifestTextBytes = 4 << 10
)

// SettingDurationMax bounds every duration an adapter's own settings may have. A month is longer than any wait and
// keeps the nanoseconds exact in a JSON number.
const SettingDurationMax = 30 * 24 * time.Hour

// KeyMinChars is the shortest usable bearer key, in characters. Sixteen random characters of base64 are 96 bits.
const KeyMinChars = 16

// KeyMaxChars is the longest usable bearer key, in characters; it must fit a request head with room to spare.
const KeyMaxChars = 4096
