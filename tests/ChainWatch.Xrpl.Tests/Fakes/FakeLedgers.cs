using System.Globalization;

namespace ChainWatch.Xrpl.Tests;

/// <summary>Chains of ledgers, each with one payment to Bob among others.</summary>
internal static class FakeLedgers
{
    public const long First = 80_000_000;

    public static ServedLedger[] Chain(int count, string? parent = null, long first = First, int salt = 0)
    {
        ServedLedger[] ledgers = new ServedLedger[count];
        for (int index = 0; index < count; index++)
        {
            uint sequence = (uint)((salt * 100_000) + (index * 10));
            FakeTransaction payment = FakeTransaction.Xrp(Someone.Alice, Someone.Bob, index + 1);
            payment.Sequence = sequence;
            FakeTransaction other = FakeTransaction.Xrp(Someone.Alice, Someone.Carol, 5);
            other.Sequence = sequence + 1;
            FakeTransaction failed = FakeTransaction.Xrp(Someone.Carol, Someone.Bob, 900);
            failed.Result = 128;
            failed.Sequence = sequence + 2;
            ledgers[index] = ServedLedger.Make(first + index, parent, other, payment, failed);
            parent = ledgers[index].Hash;
        }

        return ledgers;
    }

    /// <summary>What a chain of this kind brings to Bob.</summary>
    public static IEnumerable<string> Expected(int count, int from = 0) => Enumerable.Range(from, count)
        .Select(static index => $"0 {((index + 1) / 1_000_000m).ToString("0.000000", CultureInfo.InvariantCulture).TrimEnd('0')} XRP to {Someone.Address(Someone.Bob)} from {Someone.Address(Someone.Alice)} tag -");
}
