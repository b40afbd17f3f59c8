namespace ChainWatch;

/// <summary>
/// Decides which endpoint's head is the chain's. A head that follows closely on what was served is believed as it comes; one that leaps needs a majority of the endpoints that know that far; and one that
/// is behind what was served is not served again while it is only late. The pool guards it with its lock.
/// </summary>
/// <remarks>
/// How many endpoints decide: with one, it does. With two there is no majority, so of two heads that are far apart the lower counts, except at the very first look, where an endpoint that is far behind is
/// much likelier than one that invents heads, and once the lower has stood still for two minutes while the other advanced: then the higher counts. From three up, the head is what more than half of
/// them know. An endpoint that is behind what was served has no vote on what comes after: so neither one dead backup freezes the head, nor one liar moves it.
/// </remarks>
internal sealed class HeadAgreement
{
    /// <summary>How many blocks at once a head may advance before the others are asked.</summary>
    public const long Leap = 64;

    private const int MostRemembered = 512;

    /// <summary>How many looks in a row must find nothing but lower heads before one that may be of a shorter branch is served.</summary>
    private const int Patience = 3;

    /// <summary>How many where nobody vouches for the head that was served: only one endpoint ever told it, and may have made it up, or all that told it tell lower ones since.</summary>
    private const int PatienceWithNone = 12;

    private static readonly TimeSpan StandsStill = TimeSpan.FromMinutes(2);

    private readonly Dictionary<long, Hash256> _served = [];
    private readonly Queue<long> _order = new();
    private EndpointRating? _by;
    private int _shortLooks;
    private bool _shared;

    /// <summary>The highest head that was served; -1 before the first.</summary>
    public long Height { get; private set; } = -1;

    public HeadVerdict Judge(ChainPoint head) =>
        head.Height < Height ? HeadVerdict.Behind
        : Height >= 0 && head.Height <= Height + Leap ? HeadVerdict.Follows
        : HeadVerdict.Leaps;

    /// <summary>An endpoint told a head.</summary>
    public void Heard(long height, EndpointRating by) => _shared |= by != _by && height >= Height;

    /// <summary>A head is served.</summary>
    public void Serve(ChainPoint head, EndpointRating by, IEnumerable<EndpointRating> all)
    {
        if (head.Height < Height)
        {
            // The chain got shorter, or so it seems: who listens decides by proof. What stood above is not known any more.
            _served.Clear();
            _order.Clear();
        }

        Height = head.Height;
        _by = by;
        _shared = all.Any(rating => rating != by && rating.Head >= head.Height);
        _shortLooks = 0;
        if (_served.TryAdd(head.Height, head.Hash))
        {
            _order.Enqueue(head.Height);
        }
        else
        {
            _served[head.Height] = head.Hash;
        }

        while (_order.Count > MostRemembered)
        {
            _served.Remove(_order.Dequeue());
        }
    }

    /// <summary>Chooses among heads none of which simply follows: those that leap, and those that are behind.</summary>
    /// <param name="told">Who told what, just now.</param>
    /// <param name="all">All endpoints, those that do not answer too: what they told last.</param>
    /// <returns>The head to serve, by its place; -1 for none.</returns>
    public int Choose(IReadOnlyList<(EndpointRating By, ChainPoint Head)> told, IEnumerable<EndpointRating> all)
    {
        (EndpointRating By, ChainPoint Head)[] votes = [.. told.Where(one => one.Head.Height >= Height).OrderByDescending(static one => one.Head.Height)];
        if (votes.Length > 0)
        {
            bool higher = votes.Length == 2 && (Height < 0 || votes[0].By.HeadAdvancedAt - votes[1].By.HeadAdvancedAt > StandsStill);
            long agreed = votes[higher ? 0 : votes.Length / 2].Head.Height;
            return Best(told, one => one.Head.Height >= Height && one.Head.Height <= agreed + Leap);
        }

        // All are behind. One that contradicts what was served may be of a branch that replaced it, which is for the source to prove; one that was served before is only late, unless
        // nobody stands by the higher one any more: then the chain itself may have gone back to it.
        _shortLooks++;
        int other = Best(told, one => _served.TryGetValue(one.Head.Height, out Hash256 hash) && hash != one.Head.Hash);
        return other >= 0 ? other
            : _shortLooks >= PatienceWithNone && (!_shared || all.All(rating => rating.Head < Height)) ? Best(told, static _ => true)
            : _shortLooks >= Patience ? Best(told, one => !_served.ContainsKey(one.Head.Height))
            : -1;
    }

    /// <summary>An endpoint lost its credit: a head that nobody else comes near was perhaps never there.</summary>
    public void Doubt(EndpointRating by, IEnumerable<EndpointRating> all)
    {
        long others = all.Where(rating => rating != by).Select(static rating => rating.Head).DefaultIfEmpty(-1).Max();
        if (by == _by && others >= 0 && others < Height - Leap)
        {
            Forget();
        }
    }

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        Height = -1;
        _by = null;
        _shortLooks = 0;
        _served.Clear();
        _order.Clear();
    }

    /// <summary>The head to measure others by: the highest that was told lately and does not leap.</summary>
    public long Reference(IEnumerable<EndpointRating> all, DateTimeOffset now) =>
        all.Where(rating => rating.Head >= 0 && (Height < 0 || rating.Head <= Height + Leap) && !rating.IsDoubtful(now)).Select(static rating => rating.Head).Append(Height).Max();

    private static int Best(IReadOnlyList<(EndpointRating By, ChainPoint Head)> told, Func<(EndpointRating By, ChainPoint Head), bool> allowed)
    {
        int best = -1;
        for (int index = 0; index < told.Count; index++)
        {
            if (allowed(told[index]) && (best < 0 || told[index].Head.Height > told[best].Head.Height))
            {
                best = index;
            }
        }

        return best;
    }
}
