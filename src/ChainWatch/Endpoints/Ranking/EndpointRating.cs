namespace ChainWatch;

/// <summary>
/// What an endpoint has shown of itself, and where that puts it: behind all whose answers passed their checks, then behind all that are current, then behind all that are reliable, and only then by
/// how fast its successes are. The pool guards it with its lock.
/// </summary>
internal sealed class EndpointRating(string name)
{
    private const double Doubtful = 0.5;
    private const double Unreliable = 1.5;
    private const double Decay = 0.8;
    private const double MostFailures = 3;
    private const int Kept = 32;
    private const int BehindLooks = 3;

    /// <summary>How many blocks behind is usual between nodes that are all well.</summary>
    private const long UsualLag = 2;

    private static readonly TimeSpan FirstCoolDown = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCoolDown = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DoubtHalfLife = TimeSpan.FromMinutes(1);

    private readonly List<double> _successes = [];
    private double _doubt;
    private DateTimeOffset _doubtAt;
    private double _failures;
    private int _behind;

    public string Name { get; } = name;

    /// <summary>True once it failed, until the same kind of question was answered.</summary>
    public bool Down { get; private set; }

    /// <summary>What it failed at: the question for the head, or one for data.</summary>
    public bool DownAtTip { get; private set; }

    public bool Refused { get; private set; }

    public string? Reason { get; private set; }

    /// <summary>True where trying sooner is pointless: the endpoint is of another chain, or refuses us.</summary>
    public bool Certain { get; private set; }

    public DateTimeOffset RestsUntil { get; private set; }

    public DateTimeOffset SetAsideUntil { get; set; }

    /// <summary>True while an operation finds out whether it works again.</summary>
    public bool OnTrial { get; set; }

    /// <summary>The head that it told last; -1 before the first.</summary>
    public long Head { get; private set; } = -1;

    public DateTimeOffset HeadToldAt { get; private set; }

    public DateTimeOffset HeadAdvancedAt { get; private set; }

    /// <summary>How many blocks it was behind the others when it told its head.</summary>
    public long Lag { get; private set; }

    public bool IsLagging => Lag > UsualLag || (Lag > 0 && _behind >= BehindLooks);

    public bool IsUnreliable => _failures >= Unreliable;

    /// <summary>The smoothed time of its successful answers to the question for the head; <see langword="null"/> before the first.</summary>
    public double? Latency { get; private set; }

    public int Successes { get; private set; }

    /// <summary>When it was last asked for its head.</summary>
    public DateTimeOffset LookedAt { get; set; }

    /// <summary>The time within which nineteen of twenty of its answers came; <see langword="null"/> while too few are known.</summary>
    public TimeSpan? Usual
    {
        get
        {
            if (_successes.Count < 8)
            {
                return null;
            }

            double[] sorted = [.. _successes.Order()];
            return TimeSpan.FromSeconds(sorted[(int)((sorted.Length - 1) * 0.95)]);
        }
    }

    public bool IsDoubtful(DateTimeOffset now) => _doubt * Math.Pow(2, -((now - _doubtAt) / DoubtHalfLife)) >= Doubtful;

    /// <summary>The kind of reason that it stands behind others for, in one of a fixed number of words; <see langword="null"/> for none.</summary>
    public string? KindAt(DateTimeOffset now, TimeSpan paused) =>
        Refused ? "refused"
        : Down ? "failing"
        : IsDoubtful(now) ? "integrity"
        : paused > TimeSpan.Zero ? "paused"
        : IsUnreliable ? "failing"
        : IsLagging ? "lagging"
        : SetAsideUntil > now ? "set-aside"
        : null;

    /// <summary>
    /// How many things stand against it, the worst counting most. One that stands still weighs more than one that fails: a failure is noticed, and the next endpoint asked, while an old head is an
    /// answer like any other.
    /// </summary>
    public int Demerits(DateTimeOffset now) =>
        (SetAsideUntil > now ? 16 : 0) + (IsDoubtful(now) ? 8 : 0) + (IsLagging ? 4 : 0) + (IsUnreliable ? 2 : 0);

    /// <summary>It told its head.</summary>
    /// <param name="height">The head.</param>
    /// <param name="reference">The head that the chain has as far as is known without it.</param>
    /// <param name="now">Now.</param>
    public void Told(long height, long reference, DateTimeOffset now)
    {
        if (height > Head)
        {
            HeadAdvancedAt = now;
        }

        Head = height;
        HeadToldAt = now;
        Lag = Math.Max(0, reference - height);
        _behind = Lag > 0 ? _behind + 1 : 0;
    }

    /// <summary>It answered.</summary>
    public void Succeeded(bool tip, TimeSpan duration)
    {
        _failures *= Decay;
        if (tip)
        {
            // Only successes count: an endpoint that refuses at once is not fast.
            double seconds = duration.TotalSeconds;
            Latency = Latency is { } before ? (before * 0.8) + (seconds * 0.2) : seconds;
            Successes++;
            _successes.Add(seconds);
            if (_successes.Count > Kept)
            {
                _successes.RemoveAt(0);
            }
        }

        if (Down && (DownAtTip == tip || Certain))
        {
            Down = false;
            Refused = false;
            Certain = false;
            RestsUntil = default;
            ConsecutiveFailures = 0;
            Reason = null;
        }
    }

    /// <summary>It did not answer, and may soon.</summary>
    public void Failed(bool tip, string reason, TimeSpan? retryAfter, DateTimeOffset now)
    {
        // Failures fade instead of being forgotten with the next success: one that fails every other time shows.
        _failures = Math.Min(MostFailures, (_failures * Decay) + 1);
        double seconds = Math.Min(LongestCoolDown.TotalSeconds, FirstCoolDown.TotalSeconds * Math.Pow(2, Math.Min(ConsecutiveFailures++, 10)));
        TimeSpan rest = TimeSpan.FromSeconds(seconds);

        // What a server asks for is kept to as far as it is no longer than any failure's rest: some load balancers say "a day" for a fault of seconds, and nobody would find out that it is over.
        TimeSpan asked = retryAfter < LongestCoolDown ? retryAfter.Value : LongestCoolDown;
        Rest(tip, reason, retryAfter is not null && asked > rest ? asked : rest, certain: false, now);
    }

    /// <summary>Another was asked because it took too long, and was faster: half a failure.</summary>
    public void WasOvertaken() => _failures = Math.Min(MostFailures, (_failures * Decay) + 0.5);

    /// <summary>It does not let us in, or is of another chain: asking again soon is pointless.</summary>
    public void Barred(bool tip, string reason, TimeSpan duration, bool refused, DateTimeOffset now)
    {
        Refused = refused;
        Rest(tip, reason, duration, certain: true, now);
    }

    /// <summary>What kept it out is gone.</summary>
    public void Lift() => RestsUntil = default;

    /// <summary>Ends a rest after failures; whoever is of another chain, or refuses us, is not asked the sooner for it.</summary>
    public void EndRest()
    {
        if (!Certain)
        {
            RestsUntil = default;
        }
    }

    /// <summary>An answer of it failed a check.</summary>
    public void Doubt(string reason, DateTimeOffset now)
    {
        _doubt = (_doubt * Math.Pow(2, -((now - _doubtAt) / DoubtHalfLife))) + 1;
        _doubtAt = now;
        Reason = reason;
    }

    /// <summary>Forgets what head it told, so that it is not measured by it.</summary>
    public void ForgetHead()
    {
        Head = -1;
        Lag = 0;
        _behind = 0;
    }

    private int ConsecutiveFailures { get; set; }

    private void Rest(bool tip, string reason, TimeSpan duration, bool certain, DateTimeOffset now)
    {
        RestsUntil = now + duration;
        Certain = certain;
        Down = true;
        DownAtTip = tip;
        Reason = reason;
    }
}
