namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>Which logs of each prototype a filter of <c>eth_getLogs</c> asks for.</summary>
internal sealed class LogQuery
{
    private readonly int[]?[] _matches = new int[]?[ChainShape.Prototypes];
    private readonly HashSet<string>? _contracts;
    private readonly List<HashSet<string>?> _topics;

    /// <param name="contracts">The contracts; <see langword="null"/> for any.</param>
    /// <param name="topics">The topics by place; <see langword="null"/> for any.</param>
    public LogQuery(HashSet<string>? contracts, List<HashSet<string>?> topics)
    {
        _contracts = contracts;
        _topics = topics;
    }

    public int[] In(BlockPages[] pages, int prototype) => _matches[prototype] ??= [.. Enumerable.Range(0, pages[prototype].LogsOf.Length).Where(index => Matches(pages[prototype].LogsOf[index]))];

    private bool Matches(MadeLog log)
    {
        if (_contracts?.Contains("0x" + Convert.ToHexStringLower(log.Contract)) == false || _topics.Count > log.Topics.Length)
        {
            return false;
        }

        for (var place = 0; place < _topics.Count; place++)
        {
            if (_topics[place]?.Contains("0x" + Convert.ToHexStringLower(log.Topics[place])) == false)
            {
                return false;
            }
        }

        return true;
    }
}
