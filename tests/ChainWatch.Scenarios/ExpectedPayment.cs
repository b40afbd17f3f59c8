using System.Numerics;

namespace ChainWatch.Simulation;

/// <summary>A payment as the oracle knows it.</summary>
internal sealed record ExpectedPayment
{
    public required PaymentId Id { get; init; }

    public required AddressKey To { get; init; }

    public required string Asset { get; init; }

    public required BigInteger Amount { get; init; }

    public required string? Tag { get; init; }

    public required PaymentStatus Status { get; init; }

    public required ChainPoint Block { get; init; }

    public required ConfirmationMark Mark { get; init; }

    public required long ConfirmationHeight { get; init; }

    public required PaymentReference? Reference { get; init; }

    public bool SameContent(ExpectedPayment other) => To == other.To && Asset == other.Asset && Amount == other.Amount && Tag == other.Tag;

    public static ExpectedPayment Of(Payment payment) => new()
    {
        Id = payment.Id,
        To = payment.To,
        Asset = payment.Asset,
        Amount = payment.Amount,
        Tag = payment.Tag,
        Status = payment.Status,
        Block = payment.Block,
        Mark = payment.ConfirmationMark,
        ConfirmationHeight = payment.ConfirmationHeight,
        Reference = payment.Reference,
    };

    public override string ToString() =>
        $"{Id.TransactionId.ToString()[..6]}/{Id.Ordinal} {Amount} {Asset}{(Tag is null ? "" : $" '{Tag}'")} {Status} in {Block.Height} ({Block.Hash.ToString()[..6]}), at {Mark} {ConfirmationHeight}, {Reference}";
}
