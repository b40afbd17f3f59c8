using System.Diagnostics.Metrics;

namespace ChainWatch.Testing;

/// <summary>Records what a meter reports, so that tests can ask for it. Safe to use from several threads; it keeps the newest measurements up to a bound.</summary>
public sealed class MetricRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly Queue<MetricMeasurement> _measurements = new();
    private readonly int _capacity;

    /// <summary>Begins to record ChainWatch's own meter.</summary>
    public MetricRecorder()
        : this(ChainWatchTelemetry.MeterName)
    {
    }

    /// <summary>Begins to record.</summary>
    /// <param name="meterName">The meter's name.</param>
    /// <param name="scope">Only meters of this scope, as in an <see cref="IMeterFactory"/>, so that tests side by side do not see each other; <see langword="null"/> for all.</param>
    /// <param name="capacity">How many measurements are kept.</param>
    public MetricRecorder(string meterName, object? scope = null, int capacity = 100_000)
    {
        ArgumentException.ThrowIfNullOrEmpty(meterName);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (string.Equals(instrument.Meter.Name, meterName, StringComparison.Ordinal) && (scope is null || ReferenceEquals(instrument.Meter.Scope, scope)))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<byte>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<short>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<float>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<decimal>((instrument, value, tags, _) => Record(instrument, (double)value, tags));
        _listener.Start();
    }

    /// <summary>All measurements that are kept, oldest first.</summary>
    public IReadOnlyList<MetricMeasurement> Measurements
    {
        get
        {
            lock (_lock)
            {
                return [.. _measurements];
            }
        }
    }

    /// <summary>The measurements of one instrument, oldest first.</summary>
    /// <param name="instrument">The instrument's name.</param>
    /// <param name="tags">Tags that each of them has, by name and value.</param>
    public IReadOnlyList<MetricMeasurement> Of(string instrument, params (string Name, object? Value)[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return [.. Measurements.Where(measurement => string.Equals(measurement.Instrument, instrument, StringComparison.Ordinal) &&
            tags.All(tag => measurement.Tags.TryGetValue(tag.Name, out object? value) && Equals(value, tag.Value)))];
    }

    /// <summary>The sum of what a counter was raised by.</summary>
    public double Sum(string instrument, params (string Name, object? Value)[] tags) => Of(instrument, tags).Sum(static measurement => measurement.Reading);

    /// <summary>The newest value of an instrument; <see langword="null"/> when there is none.</summary>
    public double? Last(string instrument, params (string Name, object? Value)[] tags) => Of(instrument, tags) is [.., var last] ? last.Reading : null;

    /// <summary>Asks the observable instruments for their values now.</summary>
    public void Observe() => _listener.RecordObservableInstruments();

    /// <summary>Forgets what was recorded so far.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _measurements.Clear();
        }
    }

    /// <summary>Ends the recording.</summary>
    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double reading, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        Dictionary<string, object?> copy = new(tags.Length, StringComparer.Ordinal);
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            copy[tag.Key] = tag.Value;
        }

        lock (_lock)
        {
            if (_measurements.Count == _capacity)
            {
                _measurements.Dequeue();
            }

            _measurements.Enqueue(new MetricMeasurement { Instrument = instrument.Name, Reading = reading, Tags = copy });
        }
    }
}
