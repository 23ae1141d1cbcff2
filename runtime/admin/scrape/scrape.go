// Package scrape shows the host's status in the Prometheus text format.
//
// It owns the names of the metrics and nothing else: every figure is asked for when somebody scrapes.
package scrape

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/supervisor"
)

// Handler serves the metrics of the host, of its process and of its Go runtime.
func Handler(status func() admin.Status) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister( // panics on a name that is there twice, which no input can bring about
		newCollector(status),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// states returns all states of a slot: each is a series, so that an alert can ask for one that is not entered.
func states() []supervisor.State {
	return []supervisor.State{
		supervisor.Disabled, supervisor.Unconfigured, supervisor.Starting, supervisor.Connected, supervisor.Backoff,
		supervisor.Paused, supervisor.Failed, supervisor.Stopping, supervisor.Stopped, admin.StateUnknown,
	}
}

// collector turns a status into metrics.
type collector struct {
	status func() admin.Status

	build, state, since, generation, attempts, attention *prometheus.Desc
	open, opened, closed, failed                         *prometheus.Desc
	used, limit, peak, short                             *prometheus.Desc
	logDropped, readsHanging, readsGivenUp               *prometheus.Desc
	stored, storable, leftInLogs                         *prometheus.Desc
	takenOver, takenOverTotal, takenOverHandles          *prometheus.Desc
}

var _ prometheus.Collector = (*collector)(nil)

func newCollector(status func() admin.Status) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("innkeeper_"+name, help, labels, nil)
	}
	return &collector{
		status:           status,
		build:            desc("build_info", "Always 1; the version is in the label.", "version"),
		state:            desc("adapter_state", "1 for the state that the adapter is in, 0 for the others.", "adapter", "state"),
		since:            desc("adapter_state_since_timestamp_seconds", "When the adapter entered its state.", "adapter"),
		generation:       desc("adapter_generation", "Number of the adapter's current or last instance, 0 if there was none.", "adapter"),
		attempts:         desc("adapter_attempts", "Runs of the adapter that ended badly in a row.", "adapter"),
		attention:        desc("adapter_attention", "1 if so many runs failed in a row that a person should look.", "adapter"),
		open:             desc("handles_open", "Handles that the adapter's instance holds now.", "adapter", "kind"),
		opened:           desc("handles_opened_total", "Handles that the adapter's instances opened.", "adapter", "kind"),
		closed:           desc("handles_closed_total", "Handles that were closed.", "adapter", "kind"),
		failed:           desc("handles_failed_total", "Handles whose closing gave an error.", "adapter", "kind"),
		takenOver:        desc("taken_over", "Instances of which the host still closes something in the background."),
		takenOverTotal:   desc("taken_over_total", "Instances that could not close everything in time."),
		takenOverHandles: desc("handles_taken_over", "Handles that the host closes in the background.", "adapter", "kind"),
		stored:           desc("adapter_storage_bytes", "What the files in the adapter's folder take.", "adapter"),
		storable:         desc("adapter_storage_limit_bytes", "What they may take, 0 before the adapter opened anything.", "adapter"),
		leftInLogs:       desc("adapter_storage_left_in_logs_bytes", "Write-ahead logs of the adapter's closed databases.", "adapter"),
		used:             desc("budget_used", "What is taken of an amount that all adapters share.", "budget", "unit"),
		limit:            desc("budget_limit", "How much of it there is.", "budget", "unit"),
		peak:             desc("budget_peak", "The most that was taken since the start.", "budget", "unit"),
		short:            desc("budget_short_total", "How often somebody asked for more than there was.", "budget", "unit"),
		logDropped:       desc("log_lines_dropped_total", "Lines of the log that nobody read in time."),
		readsHanging:     desc("file_reads_hanging", "Calls into file systems that do not answer."),
		readsGivenUp:     desc("file_reads_given_up_total", "Calls into file systems that did not answer in time."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.build, c.state, c.since, c.generation, c.attempts, c.attention, c.open, c.opened, c.closed, c.failed,
		c.stored, c.storable, c.leftInLogs, c.takenOver, c.takenOverTotal, c.takenOverHandles,
		c.used, c.limit, c.peak, c.short, c.logDropped, c.readsHanging, c.readsGivenUp,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	status := c.status()
	out <- gauge(c.build, 1, status.Process.Version)
	out <- gauge(c.takenOver, float64(len(status.TakenOver.Held)))
	out <- counter(c.takenOverTotal, status.TakenOver.Total)
	c.collectHouse(out, status.House)
	for _, a := range status.Adapters {
		for _, state := range states() {
			out <- gauge(c.state, truth(a.State == string(state)), a.Name, string(state))
		}
		if a.State == admin.StateUnknown {
			continue // nothing is known of it
		}
		out <- gauge(c.since, float64(a.Since.UnixNano())/1e9, a.Name)
		out <- gauge(c.generation, float64(a.Generation), a.Name)
		out <- gauge(c.attempts, float64(a.Attempts), a.Name)
		out <- gauge(c.attention, truth(a.Attention), a.Name)
		out <- gauge(c.stored, float64(a.Storage.UsedBytes), a.Name)
		out <- gauge(c.storable, float64(a.Storage.LimitBytes), a.Name)
		out <- gauge(c.leftInLogs, float64(a.Storage.LeftInLogsBytes), a.Name)
		for kind, totals := range a.Handles.Kinds {
			out <- gauge(c.open, float64(a.Handles.Open[kind]), a.Name, kind)
			out <- counter(c.opened, totals.Opened, a.Name, kind)
			out <- counter(c.closed, totals.Closed, a.Name, kind)
			out <- counter(c.failed, totals.Failed, a.Name, kind)
			out <- gauge(c.takenOverHandles, float64(totals.TakenOver), a.Name, kind)
		}
	}
}

func (c *collector) collectHouse(out chan<- prometheus.Metric, house admin.House) {
	for _, b := range house.Budgets {
		out <- gauge(c.used, float64(b.Used), b.Name, b.Unit)
		out <- gauge(c.limit, float64(b.Limit), b.Name, b.Unit)
		out <- gauge(c.peak, float64(b.Peak), b.Name, b.Unit)
		out <- counter(c.short, uint64(b.Short), b.Name, b.Unit)
	}
	out <- counter(c.logDropped, house.LogDropped)
	out <- gauge(c.readsHanging, float64(house.ReadsHanging))
	out <- counter(c.readsGivenUp, uint64(house.ReadsGivenUp))
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func counter(d *prometheus.Desc, value uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), labels...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
