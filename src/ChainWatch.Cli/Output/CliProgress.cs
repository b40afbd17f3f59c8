using System.Globalization;
using Spectre.Console;

namespace ChainWatch.Cli;

/// <summary>Shows how far something has come: one line that is written over in a terminal, a line now and then elsewhere.</summary>
internal sealed class CliProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private const int BarWidth = 30;

    private readonly TextWriter _writer;
    private readonly bool _isTerminal;
    private readonly TimeProvider _time;
    private long _toldAt;
    private string _told = "";

    public CliProgress(TextWriter writer, TimeProvider time)
    {
        _writer = writer;
        _time = time;
        _isTerminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }).Profile.Out.IsTerminal;
    }

    /// <summary>Tells how far it has come, if it is time to.</summary>
    /// <param name="done">The part that is done, from 0 to 1.</param>
    /// <param name="text">More about it.</param>
    public void Tell(double done, string text)
    {
        if (_isTerminal)
        {
            int full = (int)(done * BarWidth);
            string line = string.Create(CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', BarWidth - full)}] {done * 100:0.0} % {text}");
            _writer.Write($"\r{line.PadRight(_told.Length)}");
            _told = line;
        }
        else if (_told.Length == 0 || _time.GetElapsedTime(_toldAt) >= s_interval)
        {
            _told = text;
            _toldAt = _time.GetTimestamp();
            _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done * 100:0.0} % {text}"));
        }
    }

    /// <summary>Ends the line.</summary>
    public void End()
    {
        if (_isTerminal && _told.Length > 0)
        {
            _writer.WriteLine();
        }
    }
}
