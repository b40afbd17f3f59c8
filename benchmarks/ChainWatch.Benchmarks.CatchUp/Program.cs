using System.Diagnostics;
using System.Globalization;
using ChainWatch.Benchmarks.CatchUp;

Arguments arguments = new(args);
var shape = ChainShape.Parse(arguments);
switch (arguments.Verb)
{
    case "serve":
        ChainAnswers answers = new(shape);
        using (StaticChainServer server = new(answers, TimeSpan.FromMilliseconds(arguments.Number("delay", 0))))
        {
            _ = server.RunAsync();
            Console.WriteLine(server.Port);
            // It ends with who started it.
            Console.In.ReadToEnd();
        }

        break;
    case "bare":
        using (BareProgram bare = new(shape, CatchUpCase.Of(arguments.Text("case", "b")), new Uri(arguments.Text("url", "")), arguments.Number("batch", 100)))
        {
            await bare.RunAsync(arguments.Text("postgres", ""), arguments.Text("schema", ""));
        }

        Report();
        break;
    case "watch":
        await WatchingProgram.RunAsync(shape, CatchUpCase.Of(arguments.Text("case", "b")), new Uri(arguments.Text("url", "")), arguments.Text("postgres", ""), arguments.Text("schema", ""), arguments.Has("verbose"));
        Report();
        break;
    default:
        await new CatchUpRun(shape, arguments).RunAsync();
        break;
}

static void Report()
{
    using var process = Process.GetCurrentProcess();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PeakMemory.Megabytes():f1} {process.TotalProcessorTime.TotalSeconds:f2}"));
}
