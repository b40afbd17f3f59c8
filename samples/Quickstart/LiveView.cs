using System.Globalization;
using System.Numerics;
using ChainWatch;
using Spectre.Console;

namespace Quickstart;

/// <summary>A live picture in the terminal: the chain on the left, what the handler is told on the right, the books below.</summary>
public sealed class LiveView : IView
{
    private static readonly int Lines = Math.Clamp(AnsiConsole.Profile.Height - 14, 4, 14);
    private readonly Lock _lock = new();
    private readonly Queue<string> _chain = new();
    private readonly Queue<string> _payments = new();
    private Scene? _scene;

    public async Task ShowAsync(Scene scene, CancellationToken cancellationToken)
    {
        _scene = scene;
        await AnsiConsole.Live(Draw(scene)).StartAsync(async live =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                live.UpdateTarget(Draw(scene));
                await Task.WhenAny(Task.Delay(100, cancellationToken));
            }

            live.UpdateTarget(Draw(scene));
        });
    }

    public void Chain(string what)
    {
        Add(_chain, what.StartsWith("reorg", StringComparison.Ordinal) ? $"[red]{Cut(what)}[/]" : Cut(what));
    }

    public void Payment(PaymentEventKind kind, Payment payment) => Add(
        _payments,
        $"[{Words.ColourOf(kind)}]{Words.Of(kind),-9}[/] order {payment.Reference?.Id}  {Words.Amount(_scene!.Chain, payment),-10} [grey]block {payment.Block.Height}[/]");

    public void Summary(Summary summary)
    {
        AnsiConsole.Write(new Rule(string.Create(CultureInfo.InvariantCulture, $"[bold]What happened in {summary.Elapsed.TotalSeconds:0} seconds[/]")).LeftJustified());
        Grid facts = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach ((string name, string fact) in summary.Facts())
        {
            string colour = name != "the chain" ? "default" : summary.Differences.Count == 0 ? "green" : "red";
            facts.AddRow($"[bold]{name}[/]", $"[{colour}]{Markup.Escape(fact)}[/]");
        }

        AnsiConsole.Write(new Padder(facts, new Padding(0, 0, 0, 1)));
        AnsiConsole.Write(new Rule("[bold]What to try next[/]").LeftJustified());
        Grid next = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach ((string command, string what) in Quickstart.Summary.Next())
        {
            next.AddRow($"[blue]{Markup.Escape(command)}[/]", Markup.Escape(what));
        }

        AnsiConsole.Write(next);
    }

    private void Add(Queue<string> lines, string line)
    {
        lock (_lock)
        {
            lines.Enqueue(line);
            if (lines.Count > Lines)
            {
                lines.Dequeue();
            }
        }
    }

    private Rows Draw(Scene scene)
    {
        TimeSpan left = scene.Length - scene.Elapsed();
        string time = left > TimeSpan.Zero ? string.Create(CultureInfo.InvariantCulture, $"{left.TotalSeconds:0} s left") : "ending";
        int half = (AnsiConsole.Profile.Width / 2) - 2;
        Grid sides = new Grid().AddColumn(new GridColumn().Width(half)).AddColumn(new GridColumn().Width(half));
        lock (_lock)
        {
            sides.AddRow(Box("the chain", _chain, scene.Chain.Head.Height), Box("what your handler is told", _payments, scene.Status.Cursor?.Height));
        }

        return new Rows(new Rule($"[bold]ChainWatch[/] [grey]a simulated chain, the real engine, your handler · {time}[/]").LeftJustified(), sides, Books(scene));
    }

    /// <summary>What fits on one line of a box: a longer one would push the newest out of it.</summary>
    private static string Cut(string text)
    {
        int most = Math.Max(10, (AnsiConsole.Profile.Width / 2) - 6);
        return Markup.Escape(text.Length <= most ? text : string.Concat(text.AsSpan(0, most - 1), "…"));
    }

    private static Panel Box(string title, IEnumerable<string> lines, long? height)
    {
        Rows text = new([.. lines.Select(static line => new Markup(line))]);
        string at = height is null ? "" : string.Create(CultureInfo.InvariantCulture, $" [grey]at block {height}[/]");
        return new Panel(text) { Header = new PanelHeader($" [bold]{title}[/]{at} "), Expand = true, Height = Lines + 2, Border = BoxBorder.Rounded };
    }

    private static Table Books(Scene scene)
    {
        Table table = new Table { Border = TableBorder.Rounded, Expand = true }.AddColumn("order");
        foreach (Asset asset in scene.Chain.Chain.Assets)
        {
            table.AddColumn(new TableColumn($"credited {asset}").RightAligned());
            table.AddColumn(new TableColumn($"[grey]waiting {asset}[/]").RightAligned());
        }

        foreach (string order in scene.Orders)
        {
            List<string> row = [order];
            foreach (Asset asset in scene.Chain.Chain.Assets)
            {
                row.Add($"[green]{Text(asset, scene.Ledger.Sum(order, asset.Symbol, credited: true))}[/]");
                row.Add($"[yellow]{Text(asset, scene.Ledger.Sum(order, asset.Symbol, credited: false))}[/]");
            }

            table.AddRow([.. row]);
        }

        return table;
    }

    private static string Text(Asset asset, BigInteger amount) => amount.IsZero ? "" : asset.FormatAmount(amount);
}
