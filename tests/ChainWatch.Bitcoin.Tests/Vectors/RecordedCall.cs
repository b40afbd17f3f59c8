using System.Text.Json;

namespace ChainWatch.Bitcoin.Tests;

/// <summary>One exchange with a real node.</summary>
/// <param name="Method">The method that was called.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Status">The HTTP status of the answer.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Text">The answer as it came.</param>
/// <param name="Request">The request as it was sent.</param>
public sealed record RecordedCall(string Method, JsonElement Parameters, int Status, JsonElement Answer, string Text, string Request)
{
    public JsonElement Result => Answer.GetProperty("result");
}
