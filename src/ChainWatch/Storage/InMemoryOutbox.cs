namespace ChainWatch;

/// <summary>The outbox of an <see cref="InMemoryWatchStore"/>, whose lock guards it: a queue for each payment, and an order among their first events.</summary>
internal sealed class InMemoryOutbox
{
    private readonly Dictionary<(string Chain, PaymentId Id), Queue<Entry>> _queues = [];
    private readonly SortedSet<Entry> _ready = new(Comparer<Entry>.Create(static (a, b) =>
        a.DueAt != b.DueAt ? a.DueAt.CompareTo(b.DueAt) : a.Event.Sequence.CompareTo(b.Event.Sequence)));

    private readonly SortedDictionary<long, Entry> _parked = [];
    private readonly SortedDictionary<long, Entry> _waiting = [];

    public void Add(PaymentEvent one)
    {
        Entry entry = new(one) { DueAt = one.OccurredAt };
        (string Chain, PaymentId Id) key = KeyOf(entry);
        if (!_queues.TryGetValue(key, out Queue<Entry>? queue))
        {
            queue = new Queue<Entry>();
            _queues.Add(key, queue);
        }

        queue.Enqueue(entry);
        _waiting.Add(one.Sequence, entry);
        if (queue.Count == 1)
        {
            _ready.Add(entry);
        }
    }

    public Entry? Take(DateTimeOffset now)
    {
        if (_ready.Min is not { } entry || entry.DueAt > now)
        {
            return null;
        }

        _ready.Remove(entry);
        return entry;
    }

    public void Acknowledge(Entry entry)
    {
        (string Chain, PaymentId Id) key = KeyOf(entry);
        Queue<Entry> queue = _queues[key];
        queue.Dequeue();
        _waiting.Remove(entry.Event.Sequence);
        if (queue.TryPeek(out Entry? next))
        {
            _ready.Add(next);
        }
        else
        {
            _queues.Remove(key);
        }
    }

    public void Release(Entry entry) => _ready.Add(entry);

    public void Retry(Entry entry, DateTimeOffset at, string error)
    {
        entry.Attempts++;
        entry.DueAt = at;
        entry.Error = error;
        _ready.Add(entry);
    }

    public void Park(Entry entry, DateTimeOffset at, string error)
    {
        entry.Attempts++;
        entry.Error = error;
        entry.ParkedAt = at;
        _waiting.Remove(entry.Event.Sequence);
        _parked.Add(entry.Event.Sequence, entry);
    }

    public bool Replay(long sequence, out PaymentEvent? replayed)
    {
        replayed = null;
        if (!_parked.Remove(sequence, out Entry? entry))
        {
            return false;
        }

        replayed = entry.Event;
        entry.Attempts = 0;
        entry.ParkedAt = null;
        entry.DueAt = entry.Event.OccurredAt;
        _waiting.Add(sequence, entry);
        _ready.Add(entry);
        return true;
    }

    public OutboxState State() => new(_waiting.Count, _waiting.Count == 0 ? null : _waiting.First().Value.Event.OccurredAt, _parked.Count);

    public IReadOnlyList<ParkedDelivery> Parked(int limit) =>
    [
        .. _parked.Values.Take(limit).Select(entry => new ParkedDelivery
        {
            Event = entry.Event,
            Attempts = entry.Attempts,
            Error = entry.Error ?? "",
            ParkedAt = entry.ParkedAt!.Value,
        }),
    ];

    private static (string Chain, PaymentId Id) KeyOf(Entry entry) => (entry.Event.Payment.Chain, entry.Event.Payment.Id);

    internal sealed class Entry(PaymentEvent paymentEvent)
    {
        public PaymentEvent Event => paymentEvent;

        public int Attempts { get; set; }

        public DateTimeOffset DueAt { get; set; }

        public string? Error { get; set; }

        public DateTimeOffset? ParkedAt { get; set; }
    }
}
