using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace ChainWatch.AspNetCore;

/// <summary>The status page: one file, no script, nothing loaded from anywhere, readable on a phone at night.</summary>
internal static class StatusPage
{
    /// <summary>Nothing but the page's own style may load.</summary>
    public const string ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Style = """
        :root { color-scheme: light dark; --ok: #1a7f37; --warn: #9a6700; --bad: #cf222e; --line: #8884; --dim: #777; }
        @media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --warn: #d29922; --bad: #f85149; --dim: #999; } }
        * { box-sizing: border-box; }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; margin: 0; } header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; margin-bottom: 1.5rem; }
        .dim { color: var(--dim); } .mark { font-weight: 600; } .healthy { color: var(--ok); } .degraded { color: var(--warn); } .failing { color: var(--bad); }
        section { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin-bottom: 1rem; }
        h2 { font-size: 1.1rem; margin: 0 0 .6rem; } dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem 1rem; margin: 0; }
        dt { font-size: .8rem; color: var(--dim); } dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } p { margin: .6rem 0 0; }
        """;

    public static string Render(ChainWatchHealthReport report, HostFacts facts)
    {
        StringBuilder page = new(8192);
        string state = HealthJson.Word(report.State);
        page.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append("<meta http-equiv=\"refresh\" content=\"5\"><title>ChainWatch: ").Append(state).Append("</title><style>").Append(Style).Append("</style></head><body>");
        page.Append("<header><h1>ChainWatch</h1>").Append(Mark(report.State)).Append("<span class=\"dim\">").Append(Encode(facts.Instance)).Append(" · up ");
        page.Append(Encode(Age(facts.Uptime))).Append(" · ").Append(Encode(report.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture))).Append(" UTC</span></header>");
        foreach (ChainHealth chain in report.Chains)
        {
            AddChain(page, chain);
        }

        page.Append("<section><h2>Outbox</h2><dl>");
        if (report.Outbox is OutboxState outbox)
        {
            AddFact(page, "waiting", Number(outbox.Pending));
            AddFact(page, "oldest", outbox.OldestAt is DateTimeOffset oldest ? Age(report.At - oldest) : "–");
            AddFact(page, "parked", Number(outbox.Parked));
        }

        AddFact(page, "store", facts.Store);
        page.Append("</dl>");
        if (report.StoreError is not null)
        {
            page.Append("<p class=\"failing\">").Append(Encode(report.StoreError)).Append("</p>");
        }

        page.Append("</section><p class=\"dim\">Version ").Append(Encode(facts.Version)).Append(". This page renews itself every five seconds.</p></body></html>");
        return page.ToString();
    }

    private static void AddChain(StringBuilder page, ChainHealth chain)
    {
        ChainStatus status = chain.Status;
        page.Append("<section><h2>").Append(Encode(chain.Name)).Append(' ').Append(Mark(chain.State)).Append("</h2><dl>");
        AddFact(page, "role", status.Leading ? string.Create(CultureInfo.InvariantCulture, $"leader, term {status.Term}") : "standby");
        AddFact(page, "cursor", status.Cursor is ChainPoint cursor ? Number(cursor.Height) : "–");
        AddFact(page, "head", status.Head is ChainPoint head ? Number(head.Height) : "–");
        AddFact(page, "behind", Number(status.Lag));
        AddFact(page, "final", status.FinalizedHeight < 0 ? "–" : Number(status.FinalizedHeight));
        AddFact(page, "last block", status.HadEvent ? $"{Age(status.TimeSinceLastEvent)} ago" : "–");
        AddFact(page, "blocks", Number(status.Blocks));
        AddFact(page, "payment events", Number(status.Payments));
        page.Append("</dl>");
        if (chain.Reason is not null)
        {
            page.Append("<p class=\"").Append(HealthJson.Word(chain.State)).Append("\">").Append(Encode(chain.Reason)).Append("</p>");
        }

        page.Append("</section>");
    }

    private static void AddFact(StringBuilder page, string name, string value) =>
        page.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(Encode(value)).Append("</dd></div>");

    private static string Mark(HealthState state)
    {
        string word = HealthJson.Word(state);
        return $"<span class=\"mark {word}\">{word}</span>";
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Age(TimeSpan time) =>
        time.TotalSeconds < 60 ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, time.TotalSeconds):0} s") :
        time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s") :
        time.TotalDays < 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min") :
        string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays} d {time.Hours} h");

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
