package mailbox

// Woken is how often somebody who waited for room has come to look.
func (m *Mailbox) Woken() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.woken
}
