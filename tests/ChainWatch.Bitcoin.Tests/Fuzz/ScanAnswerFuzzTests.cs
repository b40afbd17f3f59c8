using System.Text;
using System.Text.Json;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>Whatever a node answers instead of a scan of unspent outputs, it is read as what it says or refused: no other failure, and no amount that the text does not hold.</summary>
public sealed class ScanAnswerFuzzTests
{
    [Fact]
    public void Answers_that_are_no_scans_are_refused()
    {
        Random random = Runs.Seeded();
        string[] amounts = ["0.00000001", "20999999.97690000", "1e-8", "0", "12345.6789"];
        byte[] answer = Encoding.UTF8.GetBytes(
            $$"""{"success":true,"txouts":9,"height":3,"bestblock":"{{new string('7', 64)}}","unspents":[{{string.Join(',', amounts.Select(static (amount, number) =>
                $$"""{"txid":"{{new string('a', 64)}}","vout":{{number}},"scriptPubKey":"76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac","desc":"raw(00)","amount":{{amount}},"coinbase":false,"height":{{number}}}"""))}}],"total_amount":1.5}""");
        int read = 0;
        int times = Runs.Of(5_000, 1_000_000);
        for (int run = 0; run < times; run++)
        {
            byte[] bytes = run == 0 ? answer : MalformedInputTests.Mutate(answer, random);
            try
            {
                if (ScanAnswer.Parse(bytes) is { } scan)
                {
                    scan.Outputs.ShouldAllBe(static output => output.Amount >= 0 && output.Output.Index >= 0);
                    read++;
                }
            }
            catch (Exception exception) when (exception is JsonException or FormatException or OverflowException or InvalidOperationException)
            {
                // Refused, as it should be.
            }
        }

        read.ShouldBeInRange(1, times - 1);
    }
}
