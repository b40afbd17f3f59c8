namespace ChainWatch.AspNetCore;

/// <summary>The numbers of one set of labels.</summary>
internal sealed class PrometheusSeries(string labels, int buckets)
{
    /// <summary>The labels as the text format writes them, without braces; empty when there are none.</summary>
    public string Labels { get; } = labels;

    /// <summary>The value of a counter or gauge; the sum of a histogram.</summary>
    public double Value { get; set; }

    /// <summary>How many values a histogram has seen.</summary>
    public long Count { get; set; }

    /// <summary>How many of them fell into each bucket, the last one without upper bound.</summary>
    public long[] Buckets { get; } = new long[buckets + 1];
}
