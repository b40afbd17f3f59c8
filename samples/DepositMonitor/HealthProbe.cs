namespace DepositMonitor;

/// <summary>
/// <c>DepositMonitor --health</c> asks the instance that runs beside it how it is doing, and ends with 0 or 1: the health check of a container whose image holds no shell and
/// no curl.
/// </summary>
public static class HealthProbe
{
    private const string Flag = "--health";

    // Docker gives a check 10 seconds; an answer that takes longer than this is none.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    public static bool IsAskedFor(string[] args) => args is [Flag] or [Flag, _];

    /// <summary>Asks the address that is given, or <c>/health</c> on the first port that the host listens on (ASPNETCORE_HTTP_PORTS, 8080 without it).</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        string port = (Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS") ?? "8080").Split(';')[0];
        string address = args.Length > 1 ? args[1] : $"http://127.0.0.1:{port}/health";
        try
        {
            using HttpClient client = new() { Timeout = Patience };
            using HttpResponseMessage answer = await client.GetAsync(new Uri(address));

            // What is printed here is what `docker inspect` shows.
            Console.WriteLine(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{address} does not answer: {exception.Message}");
            return 1;
        }
    }
}
