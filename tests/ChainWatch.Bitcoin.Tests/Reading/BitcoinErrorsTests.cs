using System.Net;

namespace ChainWatch.Bitcoin.Tests;

public sealed class BitcoinErrorsTests
{
    [Theory]
    [InlineData(200, -28, "Loading wallet…", EndpointErrorKind.Transient)]
    [InlineData(500, -10, "Bitcoin is downloading blocks", EndpointErrorKind.Transient)]
    [InlineData(500, -20, "database error", EndpointErrorKind.Transient)]
    [InlineData(500, -7, "out of memory", EndpointErrorKind.Transient)]
    [InlineData(500, -37, "limit", EndpointErrorKind.Transient)]
    [InlineData(500, -5, "Block not found", EndpointErrorKind.MissingData)]
    [InlineData(200, -1, "Block not found.", EndpointErrorKind.MissingData)]
    [InlineData(200, -1, "Block not available (pruned data)", EndpointErrorKind.MissingData)]
    [InlineData(200, -1, "Block not available (not fully downloaded)", EndpointErrorKind.MissingData)]
    [InlineData(200, -1, "Block not found on disk", EndpointErrorKind.MissingData)]
    [InlineData(500, -8, "Block height out of range", EndpointErrorKind.NotYet)]
    [InlineData(500, -8, "Scan already in progress, use action \"abort\" or \"status\"", EndpointErrorKind.RateLimited)]
    [InlineData(500, -8, "blockhash must be of length 64 (not 2, for 'zz')", EndpointErrorKind.ClientBug)]
    [InlineData(404, -32601, "Method not found", EndpointErrorKind.Unsupported)]
    [InlineData(200, -32700, "Parse error", EndpointErrorKind.ClientBug)]
    [InlineData(500, -22, "TX decode failed", EndpointErrorKind.ClientBug)]
    [InlineData(401, null, "", EndpointErrorKind.AuthFailed)]
    [InlineData(403, null, "", EndpointErrorKind.AuthFailed)]
    [InlineData(404, null, "Not found", EndpointErrorKind.Unsupported)]
    [InlineData(413, null, "", EndpointErrorKind.RangeTooLarge)]
    [InlineData(429, null, "", EndpointErrorKind.RateLimited)]
    [InlineData(503, null, "HTTP 503: Work queue depth exceeded", EndpointErrorKind.RateLimited)]
    [InlineData(503, null, "Service Unavailable", EndpointErrorKind.Transient)]
    [InlineData(502, null, "<html>", EndpointErrorKind.Transient)]
    public void What_a_node_says_is_told_in_the_common_words(int status, int? code, string message, EndpointErrorKind kind) =>
        BitcoinErrors.Classify(new JsonRpcFault { Method = "getblock", Status = (HttpStatusCode)status, Code = code, Message = message }).Kind.ShouldBe(kind);

    [Fact]
    public void Every_error_that_was_recorded_from_a_node_has_its_meaning()
    {
        Dictionary<string, EndpointErrorKind> expected = new(StringComparer.Ordinal)
        {
            ["Block not found"] = EndpointErrorKind.MissingData,
            ["Block height out of range"] = EndpointErrorKind.NotYet,
            ["Method not found"] = EndpointErrorKind.Unsupported,
        };
        int seen = 0;
        foreach (string recording in new[] { "knots-29.4.3-regtest.jsonl", "litecoind-0.21.2.1-regtest.jsonl" })
        {
            foreach (RecordedCall call in VectorFiles.Calls(recording).Where(static call => call.Answer.TryGetProperty("error", out System.Text.Json.JsonElement error) && error.ValueKind == System.Text.Json.JsonValueKind.Object))
            {
                string message = call.Answer.GetProperty("error").GetProperty("message").GetString()!;
                EndpointErrorKind kind = BitcoinErrors.Classify(new JsonRpcFault
                {
                    Method = call.Method,
                    Status = (HttpStatusCode)call.Status,
                    Code = call.Answer.GetProperty("error").GetProperty("code").GetInt64(),
                    Message = message,
                }).Kind;
                if (expected.TryGetValue(message, out EndpointErrorKind wanted))
                {
                    kind.ShouldBe(wanted);
                    seen++;
                }
            }
        }

        seen.ShouldBeGreaterThanOrEqualTo(6);
    }
}
