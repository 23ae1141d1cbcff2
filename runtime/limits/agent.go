package limits

import "time"

// What one instance may ask of the agent.
const (
	// AgentTurnSlackBytes is how much larger than the request body a turn may be, in bytes: an adapter adds instructions
	// and the stored messages of the conversation to what its client sent.
	AgentTurnSlackBytes = 1 << 20

	// AgentTurnBytes is the largest turn, in bytes of JSON, for the default body limit.
	AgentTurnBytes = HTTPBodyBytes + AgentTurnSlackBytes

	// AgentTurnsBytes bounds the requests of all turns of one instance that run at once, in bytes. The host keeps a copy
	// of each until its turn is over. It is the default memory of a guest: what fits there as requests fits here.
	AgentTurnsBytes = MemoryBytes

	// AgentPieceBytes is the largest piece of an answer handed to a guest as one delta, in bytes; a longer one is cut into
	// several. It keeps the buffer small that a guest needs for events, whatever the upstream sends.
	AgentPieceBytes = 16 << 10

	// AgentReportEvery is the least time between two log lines about failed turns of one instance; a guest that starts turns
	// against a dead upstream in a loop would fill the log otherwise. What was left out is counted in the next line.
	AgentReportEvery = time.Second
)
