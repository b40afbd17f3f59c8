using System.Globalization;
using ChainWatch;

namespace Quickstart;

/// <summary>Plain lines, for files and pipes.</summary>
public sealed class PlainView : IView
{
    private Scene? _scene;

    public Task ShowAsync(Scene scene, CancellationToken cancellationToken)
    {
        _scene = scene;
        Console.WriteLine($"ChainWatch follows a simulated chain for about {scene.Length.TotalSeconds:0} s.");
        return Task.CompletedTask;
    }

    public void Chain(string what) => Write("chain", what);

    public void Payment(PaymentEventKind kind, Payment payment) =>
        Write("handler", $"{Words.Of(kind),-9} order {payment.Reference?.Id} {Words.Amount(_scene!.Chain, payment)} in block {payment.Block.Height}");

    public void Summary(Summary summary)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"What happened in {summary.Elapsed.TotalSeconds:0} seconds"));
        foreach ((string name, string fact) in summary.Facts())
        {
            Console.WriteLine($"  {name,-11} {fact}");
        }

        Console.WriteLine();
        Console.WriteLine("What to try next");
        foreach ((string command, string what) in Quickstart.Summary.Next())
        {
            Console.WriteLine($"  {command,-52} {what}");
        }
    }

    private void Write(string who, string what) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_scene?.Elapsed().TotalSeconds ?? 0,5:0.0} s  {who,-8} {what}"));
}
