package sdk

import (
	"strconv"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// Level is the importance of a log record, with the numbers of log/slog.
type Level int32

// The levels.
const (
	LevelDebug = Level(abi.LogLevelDebug)
	LevelInfo  = Level(abi.LogLevelInfo)
	LevelWarn  = Level(abi.LogLevelWarn)
	LevelError = Level(abi.LogLevelError)
)

// Logger writes to the host's log. It is a small value; any goroutine may use it. For log/slog see package sdkslog.
type Logger struct {
	loop  *Loop
	attrs string // fields of a JSON object, each with a comma in front
}

// Log is the host's log. Never write secrets to it.
func (l *Loop) Log() Logger { return Logger{loop: l} }

// Debug writes a record for developers. The rest of the arguments are keys, as strings, and values in turn; values are
// strings, byte slices, errors, booleans, numbers, times, durations and types with a String method.
func (g Logger) Debug(message string, keyValues ...any) { g.log(LevelDebug, message, keyValues) }

// Info writes a record about normal work. Arguments as of Debug.
func (g Logger) Info(message string, keyValues ...any) { g.log(LevelInfo, message, keyValues) }

// Warn writes a record about what may want a look. Arguments as of Debug.
func (g Logger) Warn(message string, keyValues ...any) { g.log(LevelWarn, message, keyValues) }

// Error writes a record about what went wrong. Arguments as of Debug.
func (g Logger) Error(message string, keyValues ...any) { g.log(LevelError, message, keyValues) }

// With is a logger that adds the given keys and values to each record.
func (g Logger) With(keyValues ...any) Logger {
	g.attrs = string(appendAttrs([]byte(g.attrs), keyValues))
	return g
}

// Write writes one record with attributes that are a JSON object already, or empty.
func (g Logger) Write(level Level, message string, attributes []byte) {
	// A log that cannot be written has no place to complain.
	_ = g.loop.host.Log.Write(int32(level), buffer.View(message), attributes)
}

func (g Logger) log(level Level, message string, keyValues []any) {
	if g.attrs == "" && len(keyValues) == 0 {
		g.Write(level, message, nil)
		return
	}
	attrs := make([]byte, 0, 256)
	attrs = appendAttrs(append(attrs, g.attrs...), keyValues)
	attrs[0] = '{' // in the place of the first comma
	g.Write(level, message, append(attrs, '}'))
}

// appendAttrs appends ,"key":value for each pair.
func appendAttrs(dst []byte, keyValues []any) []byte {
	for i := 0; i < len(keyValues); i += 2 {
		key, ok := keyValues[i].(string)
		if !ok || i+1 == len(keyValues) {
			// As log/slog does: a value without a key is shown, not lost.
			dst = appendValue(append(dst, `,"!BADKEY":`...), keyValues[i])
			i--
			continue
		}
		dst = append(AppendJSONString(append(dst, ','), key), ':')
		dst = appendValue(dst, keyValues[i+1])
	}
	return dst
}

// appendValue appends a value as JSON.
func appendValue(dst []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return AppendJSONString(dst, v)
	case []byte:
		return AppendJSONString(dst, string(v))
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int32:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint32:
		return strconv.AppendUint(dst, uint64(v), 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case time.Time:
		return AppendJSONString(dst, v.Format(time.RFC3339Nano))
	case error:
		return AppendJSONString(dst, v.Error())
	case interface{ String() string }: // time.Duration among them
		return AppendJSONString(dst, v.String())
	}
	return append(dst, `"!UNSUPPORTED"`...)
}

// appendFloat appends a number, or a string for the three that JSON does not have.
func appendFloat(dst []byte, v float64) []byte {
	if v-v != 0 { // infinite, or not a number
		return AppendJSONString(dst, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}
