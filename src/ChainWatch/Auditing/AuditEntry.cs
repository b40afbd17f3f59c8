using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch;

/// <summary>An entry of the audit log: something that was done, when and by whom. Entries are numbered from 1 without gap, and each carries the hash of the one before it in its own.</summary>
public sealed record AuditEntry
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>When it was written, to the microsecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was done: <c>watch</c>, <c>unwatch</c>, <c>replay</c>, <c>lead</c>, or whatever an operator's tool names.</summary>
    public required string Action { get; init; }

    /// <summary>To what: mostly a chain, or a scope.</summary>
    public required string Entity { get; init; }

    /// <summary>Who did it: what <see cref="AuditActor"/> says, else the program and its database user.</summary>
    public string? Actor { get; init; }

    /// <summary>More, for people, without secrets.</summary>
    public string? Details { get; init; }

    /// <summary>The SHA-256 of the hash before it and of this entry, as lower-case hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>The hash that this entry must carry after an entry with this hash.</summary>
    /// <param name="previous">The hash of the entry before it; empty for the first.</param>
    public string ComputeHash(string previous)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Convert.FromHexString(previous));
        Append(hash, Id.ToString(CultureInfo.InvariantCulture));
        Append(hash, (At.UtcTicks / TimeSpan.TicksPerMicrosecond - DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture));
        Append(hash, Action);
        Append(hash, Entity);
        Append(hash, Actor);
        Append(hash, Details);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A field as bytes that no other field can imitate: its length, then its text.</summary>
    private static void Append(IncrementalHash hash, string? text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text ?? "");
        hash.AppendData(Encoding.UTF8.GetBytes(text is null ? "-;" : string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}:")));
        if (text is not null)
        {
            hash.AppendData(bytes);
            hash.AppendData(";"u8);
        }
    }
}
