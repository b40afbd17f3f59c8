namespace ChainWatch;

/// <summary>Finds what somebody most likely meant.</summary>
internal static class NearestWord
{
    /// <summary>The known word with the fewest letters to change; <see langword="null"/> when none is near.</summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        string? nearest = null;
        int best = int.MaxValue;
        foreach (string candidate in known)
        {
            int distance = Distance(word.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < best && distance <= Math.Max(2, candidate.Length / 2))
            {
                best = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>The number of letters to add, drop, replace, or swap with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] steps = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            steps[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            steps[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = steps[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                steps[i, j] = Math.Min(replace, 1 + Math.Min(steps[i - 1, j], steps[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    steps[i, j] = Math.Min(steps[i, j], steps[i - 2, j - 2] + 1);
                }
            }
        }

        return steps[a.Length, b.Length];
    }
}
