using System.Text.Json;

namespace ChainWatch.AspNetCore;

/// <summary>Writes the answers of the health endpoints. Their shape is a contract: fields are added, never renamed.</summary>
internal static class HealthJson
{
    public static void WriteHealth(Utf8JsonWriter json, ChainWatchHealthReport report)
    {
        json.WriteStartObject();
        json.WriteString("status", Word(report.State));
        json.WriteNumber("timestamp", report.At.ToUnixTimeMilliseconds());
        WriteDeliveryReason(json, report);
        json.WriteStartObject("chains");
        foreach (ChainHealth chain in report.Chains)
        {
            json.WriteStartObject(chain.Name);
            WriteChain(json, chain);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteOverall(json, report);
        json.WriteEndObject();
    }

    public static void WriteReadiness(Utf8JsonWriter json, ChainWatchHealthReport report)
    {
        // Asked about several chains at once, the one that is furthest behind answers for all of them.
        ChainHealth? last = report.Chains.Where(static chain => chain.Leading).MaxBy(static chain => chain.Status.Lag);
        ChainHealth? unready = report.Chains.FirstOrDefault(static chain => chain.NotReady is not null);
        json.WriteStartObject();
        json.WriteString("status", report.IsReady ? "ready" : "not_ready");
        if (!report.IsReady)
        {
            json.WriteString("reason", report.Stopping ? "stopping" : unready?.NotReady ?? "store_unavailable");
        }

        if (report.IsReady && report.IsStandby)
        {
            json.WriteString("role", "standby");
        }

        if (report.IsReady)
        {
            WriteHeight(json, "syncedTo", last?.Status.Cursor);
            WriteHeight(json, "tipHeight", last?.Status.Head);
        }

        json.WriteNumber("lag", last?.Status.Lag ?? 0);
        json.WriteStartObject("chains");
        foreach (ChainHealth chain in report.Chains)
        {
            json.WriteStartObject(chain.Name);
            json.WriteBoolean("ready", chain.NotReady is null);
            json.WriteString("role", Role(chain));
            WriteHeight(json, "syncedTo", chain.Status.Cursor);
            WriteHeight(json, "tipHeight", chain.Status.Head);
            json.WriteNumber("lag", chain.Status.Lag);
            if (chain.NotReady is not null)
            {
                json.WriteString("reason", chain.NotReady);
                json.WriteString("detail", chain.Reason);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void WriteDetailed(Utf8JsonWriter json, ChainWatchHealthReport report, HostFacts facts)
    {
        json.WriteStartObject();
        json.WriteString("status", Word(report.State));
        json.WriteNumber("timestamp", report.At.ToUnixTimeMilliseconds());
        json.WriteString("instance", facts.Instance);
        json.WriteString("version", facts.Version);
        json.WriteNumber("uptime", (long)facts.Uptime.TotalMilliseconds);
        json.WriteStartObject("chains");
        foreach (ChainHealth chain in report.Chains)
        {
            json.WriteStartObject(chain.Name);
            WriteChain(json, chain);
            WriteChainDetails(json, chain);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        WriteOverall(json, report);
        json.WriteStartObject("store");
        json.WriteString("kind", facts.Store);
        json.WriteBoolean("available", report.StoreError is null);
        if (report.StoreError is not null)
        {
            json.WriteString("reason", report.StoreError);
        }

        json.WriteEndObject();
        json.WriteStartObject("outbox");
        if (report.Outbox is OutboxState outbox)
        {
            json.WriteNumber("pending", outbox.Pending);
            json.WriteNumber("parked", outbox.Parked);
            json.WriteNumber("oldestAge", outbox.OldestAt is DateTimeOffset oldest ? Math.Max(0, (long)(report.At - oldest).TotalMilliseconds) : 0);
            WriteDeliveryReason(json, report);
        }

        json.WriteEndObject();
        json.WriteStartObject("disk");
        json.WriteNumber("free", HostFacts.DiskFree);
        json.WriteNumber("total", HostFacts.DiskTotal);
        StoreSpaceJson.Write(json, facts.Space);
        json.WriteEndObject();
        WriteWallets(json, facts.Wallets.Read());
        json.WriteEndObject();
    }

    private static void WriteWallets(Utf8JsonWriter json, IReadOnlyList<WalletBalance> wallets)
    {
        json.WriteStartArray("wallets");
        foreach (WalletBalance wallet in wallets)
        {
            json.WriteStartObject();
            json.WriteString("chain", wallet.Chain);
            json.WriteString("wallet", wallet.Wallet);
            json.WriteString("asset", wallet.Asset);
            json.WriteString("balance", new Asset { Symbol = wallet.Asset, Decimals = wallet.Decimals }.FormatAmount(wallet.Amount));
            json.WriteNumber("age", (long)wallet.Age.TotalMilliseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>What token contracts say. A contradiction is a warning and no more: whoever knows why a contract answers otherwise could not make the chain healthy again.</summary>
    private static void WriteTokens(Utf8JsonWriter json, IReadOnlyList<TokenMetadata> tokens)
    {
        if (tokens.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tokens");
        foreach (TokenMetadata token in tokens)
        {
            json.WriteStartObject();
            json.WriteString("asset", token.Asset.Symbol);
            json.WriteString("contract", token.Asset.Id);
            json.WriteNumber("decimals", token.Asset.Decimals);
            if (token.Decimals is { } decimals)
            {
                json.WriteNumber("contractDecimals", decimals);
            }

            json.WriteString("contractSymbol", token.Symbol);
            if (token.Contradicts)
            {
                json.WriteString("warning", "The contract says other decimals than the configuration: amounts in whole units are wrong by a power of ten, unless the contract is known to answer otherwise.");
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteDeliveryReason(Utf8JsonWriter json, ChainWatchHealthReport report)
    {
        if (report.DeliveryReason is { } reason)
        {
            json.WriteString("reason", reason);
        }
    }

    private static void WriteChain(Utf8JsonWriter json, ChainHealth chain)
    {
        ChainStatus status = chain.Status;
        long blocks = status.Blocks;
        long payments = status.Payments;
        json.WriteBoolean("connected", status.Connected);
        json.WriteNumber("subscriptions", status.Subscriptions);
        json.WriteNumber("timeSinceLastEvent", (long)status.TimeSinceLastEvent.TotalMilliseconds);
        json.WriteStartObject("eventCounts");
        json.WriteNumber("blocks", blocks);
        json.WriteNumber("transactions", payments);
        json.WriteNumber("total", blocks + payments);
        json.WriteEndObject();
        json.WriteBoolean("healthy", chain.State == HealthState.Healthy);
        if (chain.VerdictWord is { } verdict)
        {
            json.WriteString("verdict", verdict);
        }

        if (chain.Reason is not null)
        {
            json.WriteString("reason", chain.Reason);
        }
    }

    private static void WriteChainDetails(Utf8JsonWriter json, ChainHealth chain)
    {
        ChainStatus status = chain.Status;
        ChainRegistration registration = chain.Registration;
        json.WriteString("status", Word(chain.State));
        json.WriteString("kind", registration.Chain.Kind);
        json.WriteNumber("lag", status.Lag);
        WritePoint(json, "head", status.Head, registration);
        WritePoint(json, "cursor", status.Cursor, registration);
        if (status.FinalizedHeight >= 0)
        {
            json.WriteNumber("finalizedHeight", status.FinalizedHeight);
        }

        json.WriteNumber("eventTimeout", (long)registration.EventTimeout.TotalMilliseconds);
        json.WriteString("confirmations", registration.Options.Confirmations);
        json.WriteStartArray("assets");
        foreach (Asset asset in registration.Chain.Assets)
        {
            json.WriteStringValue(asset.Symbol);
        }

        json.WriteEndArray();
        WriteTokens(json, status.Tokens);
        json.WriteStartObject("leadership");
        json.WriteString("role", Role(chain));
        WriteLeadership(json, status.Leadership);
        json.WriteEndObject();
        if (status.PushesLost is { } lost)
        {
            json.WriteString("pushesLost", lost);
        }

        if (registration.BlocksOnDemand())
        {
            json.WriteBoolean("blocksOnDemand", true);
        }

        if (status.LastError is string error)
        {
            json.WriteString("lastError", error);
        }

        ReconciliationJson.Write(json, status.Reconciliation);
        WriteEndpoints(json, registration);
    }

    /// <summary>By name only: a URL may hold a key.</summary>
    private static void WriteEndpoints(Utf8JsonWriter json, ChainRegistration registration)
    {
        json.WriteStartArray("endpoints");
        IReadOnlyList<EndpointStanding> standings = registration.Status.Endpoints;
        foreach (EndpointStanding standing in standings)
        {
            json.WriteStartObject();
            json.WriteString("name", standing.Name);
            json.WriteBoolean("up", standing.Up);
            json.WriteNumber("rank", standing.Rank);
            if (standing.Reason is not null)
            {
                json.WriteString("reasonKind", standing.ReasonKind);
                json.WriteString("reason", standing.Reason);
            }

            WriteOptional(json, "head", standing.Head);
            WriteOptional(json, "lag", standing.Lag);
            WriteOptional(json, "sinceHeadAdvanced", Milliseconds(standing.SinceHeadAdvanced));
            WriteOptional(json, "latency", Milliseconds(standing.Latency));
            if (standing.PausedFor > TimeSpan.Zero)
            {
                WriteOptional(json, "pausedFor", Milliseconds(standing.PausedFor));
            }

            if (standing.RateLimit is { } rate)
            {
                json.WriteNumber("rateLimit", Math.Round(rate, 2));
            }

            WriteOptional(json, "usableKeys", standing.UsableKeys);
            json.WriteEndObject();
        }

        for (int i = 0; standings.Count == 0 && i < registration.Options.Endpoints.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("name", registration.Options.Endpoints[i].Name ?? FormattableString.Invariant($"endpoint-{i + 1}"));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static long? Milliseconds(TimeSpan? time) => time is { } span ? (long)span.TotalMilliseconds : null;

    private static void WriteOptional(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void WriteLeadership(Utf8JsonWriter json, LeadershipStatus leadership)
    {
        json.WriteNumber("term", leadership.Term);
        json.WriteBoolean("ready", leadership.IsReady);
        if (leadership.Since is DateTimeOffset since)
        {
            json.WriteNumber("since", since.ToUnixTimeMilliseconds());
        }

        if (leadership.Holder is LeadershipHolder holder)
        {
            json.WriteStartObject("holder");
            json.WriteString("name", holder.Name);
            json.WriteString("address", holder.Address);
            if (holder.Since is DateTimeOffset held)
            {
                json.WriteNumber("since", held.ToUnixTimeMilliseconds());
            }

            if (holder.SessionId is int session)
            {
                json.WriteNumber("session", session);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteOverall(Utf8JsonWriter json, ChainWatchHealthReport report)
    {
        json.WriteStartObject("overall");
        json.WriteNumber("totalChains", report.Chains.Count);
        json.WriteNumber("healthyChains", report.Count(HealthState.Healthy));
        json.WriteNumber("degradedChains", report.Count(HealthState.Degraded));
        json.WriteNumber("failingChains", report.Count(HealthState.Failing));
        json.WriteEndObject();
    }

    private static void WriteHeight(Utf8JsonWriter json, string name, ChainPoint? point)
    {
        if (point is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteNumber(name, point.Value.Height);
        }
    }

    private static void WritePoint(Utf8JsonWriter json, string name, ChainPoint? point, ChainRegistration registration)
    {
        if (point is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("height", point.Value.Height);
        json.WriteString("hash", registration.Chain.Format.FormatHash(point.Value.Hash));
        json.WriteEndObject();
    }

    public static string Role(ChainHealth chain) => chain.Leading ? "leader" : "standby";

    public static string Word(HealthState state) => state switch
    {
        HealthState.Healthy => "healthy",
        HealthState.Degraded => "degraded",
        _ => "failing",
    };
}
