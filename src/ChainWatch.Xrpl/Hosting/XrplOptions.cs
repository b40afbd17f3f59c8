using System.Buffers;
using System.Globalization;

namespace ChainWatch.Xrpl;

/// <summary>What the XRP Ledger can be configured with, in code and under <c>ChainWatch:Chains:&lt;name&gt;</c>.</summary>
/// <remarks>
/// An endpoint's <c>Url</c> may be <c>ws</c> or <c>wss</c>: everything goes over one connection then, announcements of new ledgers included. With an <c>http</c> URL alone the chain
/// is polled.
/// </remarks>
public sealed class XrplOptions : ChainOptions
{
    internal const int IssuanceLength = 24;

    /// <summary>Creates the options. Ledgers are large, so fewer are asked for at once than elsewhere.</summary>
    public XrplOptions()
    {
        BatchSize = 16;
    }

    /// <summary>Whether payments in XRP are watched.</summary>
    /// <value>The default is true.</value>
    public bool Native { get; set; } = true;

    /// <summary>The issued currencies and multi-purpose tokens that are watched.</summary>
    public IList<XrplTokenOptions> Tokens { get; } = [];

    /// <summary>The network that every endpoint must be of. It also decides whether X-addresses begin with X (the main network) or T.</summary>
    /// <value>The default is 0, the main network; the test network has 1, the development network 2.</value>
    public long NetworkId { get; set; }

    /// <summary>
    /// Whether a payment without destination tag, to an account that is watched without a tag, is held (told in the log as an error, for a person to look at) instead of recorded.
    /// </summary>
    /// <value>The default is false: it is recorded, with no tag, which is not tag 0.</value>
    public bool RequireTag { get; set; }

    /// <inheritdoc/>
    protected override void Read(ConfigurationReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        base.Read(reader);
        Native = reader.ReadFlag(nameof(Native)) ?? Native;
        foreach (ConfigurationReader item in reader.ReadItems(nameof(Tokens)))
        {
            Tokens.Add(new XrplTokenOptions
            {
                Symbol = item.ReadText(nameof(XrplTokenOptions.Symbol)),
                Currency = item.ReadText(nameof(XrplTokenOptions.Currency)),
                Issuer = item.ReadText(nameof(XrplTokenOptions.Issuer)),
                IssuanceId = item.ReadText(nameof(XrplTokenOptions.IssuanceId)),
                Decimals = item.ReadWhole(nameof(XrplTokenOptions.Decimals)),
            });
            item.Close();
        }

        if (reader.ReadText(nameof(NetworkId)) is { Length: > 0 } text)
        {
            if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id) && id <= uint.MaxValue)
            {
                NetworkId = id;
            }
            else
            {
                reader.Errors.Add(reader.PathOf(nameof(NetworkId)), text, "it must be a network's id, a whole number: 0 for the main network, 1 for the test network");
            }
        }

        RequireTag = reader.ReadFlag(nameof(RequireTag)) ?? RequireTag;
    }

    /// <inheritdoc/>
    protected override void Validate(string path, ConfigurationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        base.Validate(path, errors);
        if (!Native && Tokens.Count == 0)
        {
            errors.AddMissing($"{path}:{nameof(Tokens)}", "with Native false there is nothing to watch; name at least one token");
        }

        if (NetworkId is < 0 or > uint.MaxValue)
        {
            errors.Add($"{path}:{nameof(NetworkId)}", NetworkId.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 4294967295");
        }

        HashSet<string> symbols = new(StringComparer.OrdinalIgnoreCase);
        HashSet<AddressKey> ids = [];
        if (Native)
        {
            symbols.Add(XrplRegistration.NativeSymbol);
        }

        for (int i = 0; i < Tokens.Count; i++)
        {
            XrplTokenOptions token = Tokens[i];
            string tokenPath = string.Create(CultureInfo.InvariantCulture, $"{path}:{nameof(Tokens)}:{i}");
            CheckSymbol(token.Symbol, $"{tokenPath}:{nameof(token.Symbol)}", symbols, errors);
            if (ReadId(token, tokenPath, errors) is { } id && !ids.Add(id))
            {
                errors.AddMessage($"{tokenPath} is listed already under another symbol.");
            }

            if (token.Decimals is < 0 or > 96)
            {
                errors.Add($"{tokenPath}:{nameof(token.Decimals)}", token.Decimals.Value.ToString(CultureInfo.InvariantCulture), "it must be from 0 to 96");
            }
        }
    }

    /// <summary>What identifies a token on the ledger: 40 bytes of currency and issuer, or the 24 of its issuance.</summary>
    internal static AddressKey? ReadId(XrplTokenOptions token, string path, ConfigurationErrors errors)
    {
        Span<byte> id = stackalloc byte[2 * CurrencyCode.Length];
        if (!string.IsNullOrEmpty(token.IssuanceId))
        {
            if (!string.IsNullOrEmpty(token.Currency) || !string.IsNullOrEmpty(token.Issuer))
            {
                errors.AddMessage($"{path} has an {nameof(token.IssuanceId)} and a {nameof(token.Currency)} or {nameof(token.Issuer)}: it is either a multi-purpose token or an issued currency.");
                return null;
            }

            if (token.IssuanceId.Length != 2 * IssuanceLength || Convert.FromHexString(token.IssuanceId, id, out _, out _) != OperationStatus.Done)
            {
                errors.Add($"{path}:{nameof(token.IssuanceId)}", token.IssuanceId, "it must be 48 hexadecimal digits");
                return null;
            }

            if (token.Decimals is null)
            {
                errors.AddMissing($"{path}:{nameof(token.Decimals)}", "give the AssetScale of the multi-purpose token (0 where it has none)");
            }

            return new AddressKey(id[..IssuanceLength]);
        }

        if (string.IsNullOrEmpty(token.Currency))
        {
            errors.AddMissing($"{path}:{nameof(token.Currency)}", "give the currency and issuer of an issued currency, or the IssuanceId of a multi-purpose token");
            return null;
        }

        if (!CurrencyCode.TryParse(token.Currency, id))
        {
            errors.Add($"{path}:{nameof(token.Currency)}", token.Currency, "it must be three characters, but not XRP, or 40 hexadecimal digits");
            return null;
        }

        if (string.IsNullOrEmpty(token.Issuer))
        {
            errors.AddMissing($"{path}:{nameof(token.Issuer)}", "give the address of the issuer: anyone can issue a currency of this name");
            return null;
        }

        try
        {
            AddressKey issuer = XrplFormat.MainNet.ParseAddress(token.Issuer);
            if (AccountKey.TagOf(issuer.Bytes) is not null)
            {
                errors.Add($"{path}:{nameof(token.Issuer)}", token.Issuer, "an issuer is an account, without a tag");
                return null;
            }

            issuer.Bytes[..AccountKey.AccountLength].CopyTo(id[CurrencyCode.Length..]);
            return new AddressKey(id);
        }
        catch (AddressFormatException exception)
        {
            errors.AddMessage($"{path}:{nameof(token.Issuer)}: {exception.Message}.");
            return null;
        }
    }

    private static void CheckSymbol(string? symbol, string path, HashSet<string> symbols, ConfigurationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(symbol))
        {
            errors.AddMissing(path, "give the symbol under which payments of it are recorded, like USD.bitstamp");
        }
        else if (symbol.Length > 32 || symbol.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            errors.Add(path, symbol, "it must have 1 to 32 characters without spaces");
        }
        else if (!symbols.Add(symbol))
        {
            errors.Add(path, symbol, "another asset of this chain has this symbol; each needs one of its own, like USD.bitstamp");
        }
    }
}
