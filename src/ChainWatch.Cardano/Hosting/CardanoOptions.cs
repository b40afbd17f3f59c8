using System.Globalization;

namespace ChainWatch.Cardano;

/// <summary>What a Cardano chain can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>.</summary>
/// <remarks>Every endpoint is an Ogmios server, with a <c>ws</c> or <c>wss</c> URL: everything goes over that.</remarks>
public sealed class CardanoOptions : ChainOptions
{
    /// <summary>Addresses are compared as a whole: the default of <see cref="MatchBy"/>.</summary>
    internal const string ByAddress = "address";

    /// <summary>Addresses are compared by their payment credential.</summary>
    internal const string ByCredential = "paymentCredential";

    /// <summary>Whether payments in ada are watched.</summary>
    /// <value>The default is true. They are recorded in lovelace; a payment of a token always comes with some ada, which is a payment of its own then.</value>
    public bool Native { get; set; } = true;

    /// <summary>The native assets that are watched.</summary>
    public IList<CardanoTokenOptions> Tokens { get; } = [];

    /// <summary>The network that every endpoint must be of.</summary>
    /// <value><c>mainnet</c> (the default), <c>preprod</c>, <c>preview</c>, or the magic number of another one.</value>
    public string Network { get; set; } = CardanoNetwork.Main.Name;

    /// <summary>What of an address is compared.</summary>
    /// <value>
    /// <c>address</c> (the default): all of it. <c>paymentCredential</c>: the part that decides who can spend, so that an address counts whatever its stake part is; it is recorded as the one without any.
    /// </value>
    public string MatchBy { get; set; } = ByAddress;

    /// <summary>How many blocks are asked for before the first of them has come.</summary>
    /// <value>1 to 1,000. The default is 100.</value>
    public int Pipelining { get; set; } = 100;

    /// <summary>
    /// Points at which reading may begin, each as <c>slot:hash</c>. The protocol cannot give a block by its height, so to begin at a height (<see cref="ChainOptions.StartAt"/>, or an address watched since one) everything from the
    /// nearest known point before it is read and passed over. The last blocks of eras are known; name nearer ones to save time.
    /// </summary>
    public IList<string> Checkpoints { get; } = [];

    /// <inheritdoc/>
    protected override void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Read(reader);
        Native = reader.ReadFlag(nameof(Native)) ?? Native;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Tokens)))
        {
            Tokens.Add(new CardanoTokenOptions
            {
                Symbol = item.ReadText(nameof(CardanoTokenOptions.Symbol)),
                Policy = item.ReadText(nameof(CardanoTokenOptions.Policy)),
                AssetName = item.ReadText(nameof(CardanoTokenOptions.AssetName)),
                Decimals = item.ReadWhole(nameof(CardanoTokenOptions.Decimals)) ?? 0,
            });
            item.Close();
        }

        Network = reader.ReadText(nameof(Network)) ?? Network;
        MatchBy = reader.ReadText(nameof(MatchBy)) ?? MatchBy;
        Pipelining = reader.ReadWhole(nameof(Pipelining)) ?? Pipelining;
        foreach (string point in reader.ReadTexts(nameof(Checkpoints)))
        {
            Checkpoints.Add(point);
        }
    }

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        base.Validate(path, errors);
        for (int i = 0; i < Endpoints.Count; i++)
        {
            if (Endpoints[i].Url is { Length: > 0 } url && !url.StartsWith("ws", StringComparison.OrdinalIgnoreCase))
            {
                errors.AddUrl(string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Endpoints)}:{i}:{nameof(EndpointOptions.Url)}"), url, "it must begin with ws:// or wss://, since Ogmios streams blocks over a WebSocket");
            }
        }

        if (!Native && Tokens.Count == 0)
        {
            errors.AddMissing($"{path}:{nameof(Tokens)}", "with Native false there is nothing to watch; name at least one token");
        }

        if (CardanoNetwork.Find(Network) is null)
        {
            errors.Add($"{path}:{nameof(Network)}", Network, "it must be mainnet, preprod, preview, or the magic number of another network");
        }

        if (!string.Equals(MatchBy, ByAddress, StringComparison.OrdinalIgnoreCase) && !string.Equals(MatchBy, ByCredential, StringComparison.OrdinalIgnoreCase))
        {
            errors.Add($"{path}:{nameof(MatchBy)}", MatchBy, $"it must be {ByAddress} or {ByCredential}");
        }

        if (Pipelining is < 1 or > 1000)
        {
            errors.Add($"{path}:{nameof(Pipelining)}", Pipelining.ToString(CultureInfo.InvariantCulture), "it must be from 1 to 1000, which is the most that a server takes");
        }

        for (int i = 0; i < Checkpoints.Count; i++)
        {
            if (!CardanoPoint.TryParse(Checkpoints[i], out _))
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Checkpoints)}:{i}"), Checkpoints[i], "it must be a point of the chain as slot:hash, like 133660799:e757d57e… with all 64 digits of the block's hash");
            }
        }

        ValidateTokens(path, errors);
    }

    private void ValidateTokens(string path, ConfigurationErrors errors)
    {
        HashSet<string> symbols = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> ids = new(StringComparer.Ordinal);
        if (Native)
        {
            symbols.Add(CardanoRegistration.NativeSymbol);
        }

        for (int i = 0; i < Tokens.Count; i++)
        {
            CardanoTokenOptions token = Tokens[i];
            string tokenPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Tokens)}:{i}");
            if (string.IsNullOrWhiteSpace(token.Symbol))
            {
                errors.AddMissing($"{tokenPath}:{nameof(token.Symbol)}", "give the symbol under which payments of it are recorded, like DJED");
            }
            else if (token.Symbol.Length > 32 || token.Symbol.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
            {
                errors.Add($"{tokenPath}:{nameof(token.Symbol)}", token.Symbol, "it must have 1 to 32 characters without spaces");
            }
            else if (!symbols.Add(token.Symbol))
            {
                errors.Add($"{tokenPath}:{nameof(token.Symbol)}", token.Symbol, "each asset of a chain needs a symbol of its own");
            }

            bool valid = true;
            if (token.Policy?.Length != 2 * AddressForm.CredentialLength || !token.Policy.All(char.IsAsciiHexDigit))
            {
                errors.Add($"{tokenPath}:{nameof(token.Policy)}", token.Policy, "it must be the id of a policy, 56 hexadecimal digits");
                valid = false;
            }

            if (token.AssetName is { } name && (name.Length > 64 || name.Length % 2 != 0 || !name.All(char.IsAsciiHexDigit)))
            {
                errors.Add($"{tokenPath}:{nameof(token.AssetName)}", name, "it must be an even number of hexadecimal digits, at most 64; leave it out for the empty name");
                valid = false;
            }

            if (valid && !ids.Add(IdOf(token)))
            {
                errors.AddMessage($"{tokenPath} is listed already under another symbol.");
            }

            if (token.Decimals is < 0 or > 30)
            {
                errors.Add($"{tokenPath}:{nameof(token.Decimals)}", token.Decimals.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 30");
            }
        }
    }

    /// <summary>All digits of a token's policy and name, by which it is found in a value.</summary>
    internal static string IdOf(CardanoTokenOptions token) => $"{token.Policy}{token.AssetName}".ToLowerInvariant();
}
