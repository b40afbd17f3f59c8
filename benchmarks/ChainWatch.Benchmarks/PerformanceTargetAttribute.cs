namespace ChainWatch.Benchmarks;

/// <summary>Which of the performance targets a class of benchmarks answers to, so that its result is told beside it.</summary>
/// <param name="number">The target's number, like <c>P3</c>.</param>
/// <param name="method">The method that is compared with the baseline.</param>
/// <param name="ratio">The target: at most so much of the baseline's time, or, where <see cref="Speed"/> is set, at least so many times its speed. Not a number where the ratio is only told.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
internal sealed class PerformanceTargetAttribute(string number, string method, double ratio) : Attribute
{
    public string Number { get; } = number;

    public string Method { get; } = method;

    public double Ratio { get; } = ratio;

    /// <summary>True where the ratio is one of speeds, not of times.</summary>
    public bool Speed { get; set; }
}
