package openai

import (
	"bytes"
	"iter"
)

// StreamEnd is the server-sent event that ends every stream of this API.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
const StreamEnd = "data: [DONE]\n\n"

// AppendErrorChunk appends the frame that tells the reader of a chat stream what went wrong.
func AppendErrorChunk(dst []byte, e *Error) []byte {
	dst = append(dst, "data: "...)
	dst = AppendError(dst, e)
	return append(dst, "\n\n"...)
}

// WholeFrames is the front of a text of frames: as many whole ones as fit, at least one. A frame is never torn, because some
// readers lose one that comes in two reads.
func WholeFrames(frames []byte, room int) []byte {
	if len(frames) <= room {
		return frames
	}
	frameEnd := []byte("\n\n")
	if at := bytes.LastIndex(frames[:room], frameEnd); at >= 0 {
		return frames[:at+len(frameEnd)]
	}
	if at := bytes.Index(frames, frameEnd); at >= 0 {
		return frames[:at+len(frameEnd)]
	}
	return frames
}

// Data is the data of each frame of a stream, in order, as a view. It is one line, as JSON that is written here has no line
// breaks.
func Data(frames []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(frames) > 0 {
			var line []byte
			line, frames, _ = bytes.Cut(frames, []byte("\n"))
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && !yield(data) {
				return
			}
		}
	}
}
