namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What a server's process does: it tells its port, and ends with who started it.</summary>
internal static class ChainServing
{
    public static async Task RunAsync(ChainShape shape, Arguments arguments)
    {
        using StaticChainServer server = new(new ChainAnswers(shape), TimeSpan.FromMilliseconds(arguments.Number("delay", 0)));
        _ = server.RunAsync();
        Console.WriteLine(server.Port);
        await Console.In.ReadToEndAsync();
    }
}
