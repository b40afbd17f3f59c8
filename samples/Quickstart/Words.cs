using ChainWatch;
using ChainWatch.Testing;

namespace Quickstart;

/// <summary>How events and amounts are said.</summary>
public static class Words
{
    public static string Of(PaymentEventKind kind) => kind switch
    {
        PaymentEventKind.Detected => "detected",
        PaymentEventKind.Confirmed => "confirmed",
        PaymentEventKind.Moved => "moved",
        _ => "retracted",
    };

    public static string ColourOf(PaymentEventKind kind) => kind switch
    {
        PaymentEventKind.Detected => "yellow",
        PaymentEventKind.Confirmed => "green",
        PaymentEventKind.Moved => "blue",
        _ => "red",
    };

    public static string Amount(SimulatedChain chain, Payment payment) =>
        $"{chain.Chain.Assets.First(asset => asset.Symbol == payment.Asset).FormatAmount(payment.Amount)} {payment.Asset}";
}
